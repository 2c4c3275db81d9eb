/* SPDX-License-Identifier: MIT */
/* A machine on a clock that the test turns by hand. */
#ifndef PVKIT_TEST_MACHINE_H
#define PVKIT_TEST_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pc.h"

#define US 1000ull
#define MS 1000000ull
#define S  1000000000ull

#define MACHINE_MEMORY 0x40000

struct machine {
    struct pc pc;
    uint64_t now;
    uint64_t pause; /* time passes by that much whenever somebody looks at the clock */
    char out[256];  /* what the guest sent on COM1 */
    unsigned int out_nr;
    unsigned int resets, power_offs, intr_rises;
    bool intr;
    unsigned int apic_sends; /* messages of the I/O APIC, and the last one */
    uint32_t apic_command, apic_destination;
    uint8_t memory[MACHINE_MEMORY]; /* the guest's, from 0 on; ones behind it */
};

/* Starts at 2024-02-28 23:59:58 UTC with 64 MiB. */
#define MACHINE_START 1709164798

void machine_init(struct machine *m);

/* cmocka fixture: *state is a fresh machine. */
int machine_setup(void **state);
int machine_teardown(void **state);

/* Advances time by `ns`, firing timers at their deadlines. */
void machine_run(struct machine *m, uint64_t ns);

uint16_t inw(struct machine *m, uint16_t port);
uint32_t inl(struct machine *m, uint16_t port);
void outw(struct machine *m, uint16_t port, uint16_t value);
void outl(struct machine *m, uint16_t port, uint32_t value);
uint8_t inb(struct machine *m, uint16_t port);
void outb(struct machine *m, uint16_t port, uint8_t value);

/* Initialises both PICs as a PC kernel does (vectors 0x20 and 0x28) and unmasks everything. */
void machine_init_pic(struct machine *m);

#endif
