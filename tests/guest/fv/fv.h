/* SPDX-License-Identifier: MIT */
/* What the tests of the fully virtualized machine share. */
#ifndef FV_H
#define FV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As the stubs push it. */
struct trap_frame {
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t vector, error, eip, cs, eflags;
};

/* The last exception, and what to do about the next: its eip becomes resume (0: it is retried after
 * fix() has run). */
extern volatile uint32_t trap_vector, trap_error, trap_cr2, trap_count;
extern volatile uint32_t trap_resume;
extern void (*volatile trap_fix)(struct trap_frame *f);
extern volatile uint32_t irq_count[16];

#define NO_TRAP 0xffu

/* Execute `insn` and set trap_vector to the exception it raised, or to NO_TRAP. */
#define TRY(insn, ...)                                              \
    do {                                                            \
        trap_vector = NO_TRAP;                                      \
        __asm__ volatile("movl $1f, trap_resume\n\t" insn           \
                         "\n1:\tmovl $0, trap_resume" __VA_ARGS__); \
    } while (0)

void print(const char *s);
void print_hex(uint32_t v);
/* Report a test; the remarks say what was seen instead. */
void check(const char *name, bool ok, uint32_t seen);

extern uint64_t gdt[];
extern bool in_container; /* hv-stub's CPUID leaf is there */

void tests_cpu(bool single_step);
void tests_irq(void);
void tests_memory(void);
void tests_io(void);
void tests_device(void);

static inline void outb(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" ::"a"(v), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t v;

    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

#endif
