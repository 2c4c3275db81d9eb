/* SPDX-License-Identifier: MIT */
/* The attacking guest: a table of cases, each one attempt to break a rule of the ABI. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <pvkit/hypercall.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define HV_SPACE      0xffff830000000000ul /* inside L4 slots 256..271 */
#define M2P_SPACE     0xffff800000000000ul
#define NONCANONICAL  0x0000800000000000ul
#define UNMAPPED      0x0000000000001000ul
#define PTE_P         1ul
#define PTE_RW        2ul
#define PTE_US        4ul
#define PTE_A         0x20ul
#define PTE_D         0x40ul
#define PTE_PSE       0x80ul
#define PTE_KERNEL    (PTE_P | PTE_RW | PTE_A | PTE_D)
#define TRAPPED       0x1000 /* attempt() saw trap number (result - TRAPPED) */

/*
 * run() returns the result of the attack: an errno, or whatever the guest got. Where `fatal` is
 * set nothing is left to run afterwards and the domain has to be crashed.
 */
struct hostile_case {
    const char *name;
    long (*run)(void);
    bool fatal;
};

/* One table per file; the list of tables is in main.c. */
extern const struct hostile_case mmu_cases[], table_cases[], cpu_cases[], pointer_cases[],
    load_cases[], grant_cases[], grant_map_cases[], grant_copy_cases[], fatal_cases[],
    device_cases[], plug_cases[], net_cases[], event_cases[];
extern const unsigned int nr_mmu_cases, nr_table_cases, nr_cpu_cases, nr_pointer_cases,
    nr_load_cases, nr_grant_cases, nr_grant_map_cases, nr_grant_copy_cases, nr_fatal_cases,
    nr_device_cases, nr_plug_cases, nr_net_cases, nr_event_cases;

/* Call fn; a trap inside it unwinds to here. Its result, or TRAPPED + trap number. (start.S) */
long attempt(long (*fn)(void));

/* main.c */
extern const start_info_t *start;
extern bool has_ring;            /* the console is a ring: console_io is not for this domain */
extern char spare_page[8][4096]; /* page-aligned, mapped writable, for the cases to spoil */
void print(const char *s);
void print_hex(uint64_t v);
uint64_t mfn_of(const void *va);           /* of a page of the image */
uint64_t *pte_of(const void *va);          /* its L1 entry, readable through the guest's mapping */
uint64_t maddr_of(const void *va);         /* machine address of a byte of the image */
void *table_of(const void *va, int level); /* the table of that level which maps va */

#endif
