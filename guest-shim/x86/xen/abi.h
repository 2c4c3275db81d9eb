/* SPDX-License-Identifier: MIT */
/*
 * Conformance: what each hypercall answers to wrong arguments. The expected values are what
 * Xen 4.17 returns for the same call; they hold for an initial and for an ordinary domain.
 */
#ifndef SHIM_ABI_H
#define SHIM_ABI_H

#include "selftest.h"
#include "xen_shim.h"

struct abi_call {
    const char *what;
    unsigned number; /* __HYPERVISOR_* */
    uint64_t args[4];
    long want;
};

/* Addresses nobody may pass. */
#define BAD_UNMAPPED     (VMAP_END - 8 * PAGE_SIZE)
#define BAD_HYPERVISOR   0xffff830000001000UL
#define BAD_NONCANONICAL 0x0000800000000000UL

#define NO_DOMAIN 77 /* a domain that does not exist */
#define NO_VCPU   99
#define NO_PORT   3000 /* within the ABI's range, never allocated here */
#define NO_FRAME  0xfffffffUL

/* The address of an argument structure, in a table's initializer. */
#define ARG(type, ...) ((uint64_t) & (type){__VA_ARGS__})

/* Make the calls; the outcome names the first that differs and says how many do. */
enum outcome abi_run(const struct abi_call *calls, unsigned count);

/* One call that the table form does not fit. Continues a count begun by abi_begin(). */
void abi_begin(void);
void abi_check(const char *what, long got, long want);
enum outcome abi_end(void);

extern const struct test abi_tests[];

/* The groups, one function per family. */
enum outcome abi_version(void);
enum outcome abi_console(void);
enum outcome abi_memory(void);
enum outcome abi_multicall(void);
enum outcome abi_unknown(void);
enum outcome abi_traps(void);
enum outcome abi_registers(void);
enum outcome abi_descriptors(void);
enum outcome abi_ports(void);
enum outcome abi_mmu_update(void);
enum outcome abi_va_mapping(void);
enum outcome abi_mmuext(void);
enum outcome abi_events(void);
enum outcome abi_sched(void);
enum outcome abi_vcpu(void);
enum outcome abi_assist(void);
enum outcome abi_privileged(void);
enum outcome abi_kernel_start(void);

#endif
