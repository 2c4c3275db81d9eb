/* SPDX-License-Identifier: MIT */
#ifndef GUEST_PVH_H
#define GUEST_PVH_H

#include <pvkit/hypercall.h>
#include <xen/hvm/hvm_vcpu.h>

/* Any hypercall by its number. The container is SVM's, on hv-stub and on Xen in the same emulator.
 */
static inline long call(unsigned long nr, unsigned long a1, unsigned long a2, unsigned long a3,
                        unsigned long rest)
{
    register unsigned long r10 __asm__("r10") = rest, r8 __asm__("r8") = rest;
    long rc;

    __asm__ volatile("vmmcall"
                     : "=a"(rc), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                     : "a"(nr)
                     : "memory");
    return rc;
}

/* main.c */
void print(const char *s);
void print_number(long v);
/* Print "name: result". */
void result(const char *name, long v);
/* Send an INIT message to vcpu 1 and wait until it can be initialised again. */
void reset_vcpu1(void);

/* cases.c: contexts that are refused, or not. */
void set_valid64(struct vcpu_hvm_context *c);
void set_valid32(struct vcpu_hvm_context *c);
void try_contexts(void);
/* calls.c, memory.c: what other hypercalls answer. */
void try_calls(void);
void try_memory(void);

/* start.S */
extern char tables[], ap64_start[], ap32_start[];

#endif
