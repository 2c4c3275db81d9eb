/* SPDX-License-Identifier: MIT */
/* Exceptions: the register frame, the dispatcher, and faults the kernel causes on purpose. */
#ifndef SHIM_TRAP_H
#define SHIM_TRAP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the entry stubs of both variants leave on the kernel stack. Assembly knows the layout:
 * see x86/regs.inc. In the PV variant `cs` has RPL 0 for kernel mode too, as the hypervisor
 * stores it.
 */
struct regs {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

enum {
    TRAP_DE = 0,
    TRAP_DB = 1,
    TRAP_NMI = 2,
    TRAP_BP = 3,
    TRAP_OF = 4,
    TRAP_BR = 5,
    TRAP_UD = 6,
    TRAP_NM = 7,
    TRAP_DF = 8,
    TRAP_TS = 10,
    TRAP_NP = 11,
    TRAP_SS = 12,
    TRAP_GP = 13,
    TRAP_PF = 14,
    TRAP_MF = 16,
    TRAP_AC = 17,
    TRAP_XM = 19,
    TRAP_COUNT = 20,
    TRAP_FAILSAFE = 32, /* PV only: a return to the guest could not be completed */
    TRAP_SYSCALL = 33,  /* in regs->vector of a system call */
    TRAP_IRQ = 40,      /* first vector of device interrupts (native) */
    TRAP_IRQ_END = 56,
    TRAP_XEN_EVENT = 56, /* events of a hypervisor that serves PV drivers (native) */
    TRAP_USER_INT = 0x80 /* a gate that user mode may call with `int` */
};

static inline bool regs_from_user(const struct regs *regs)
{
    return (regs->cs & 3) == 3;
}

/* A gate of the trap table: handler entry for `vector`; `dpl` 3 lets user mode raise it by int n */
struct trap_gate {
    uint8_t vector;
    uint8_t dpl;
    void (*entry)(void);
};

/* Entry addresses, one per gate of the table; the variant's entry.S provides them. */
extern const struct trap_gate trap_gates[];
extern const unsigned trap_gate_count;

/* Load the trap table and the system-call entry. After this, faults are handled. */
void trap_init(void);

/* C side of the entry stubs. Interrupts are off on entry; user interrupts come back by the stub. */
void trap_dispatch(struct regs *regs);
void syscall_dispatch(struct regs *regs);

/* To be called last before a return from any entry: preempts user mode if that was asked for. */
void trap_leave(const struct regs *regs);

/* Name of an exception vector, for messages. */
const char *trap_name(unsigned vector);

/* Print the registers of a trap. */
void regs_dump(const struct regs *regs);

/* The last exception that a fixup (below) swallowed. */
struct trap_record {
    uint64_t vector, error, cr2, rip;
};
extern struct trap_record trap_last;

/*
 * An instruction that may fault: `TRY(insn)` in an asm statement makes a fault on it resume at
 * label 9 after it. trap_last then tells what happened. Clear trap_last with trap_clear() first.
 */
#define TRY(insn)       \
    "8: " insn "\n9:\n" \
    ".pushsection .extable, \"a\"\n .quad 8b, 9b\n .popsection\n"

/* The same for a trap, which reports the address behind the instruction. */
#define TRY_TRAP(insn) \
    insn "\n9:\n"      \
         ".pushsection .extable, \"a\"\n .quad 9b, 9b\n .popsection\n"

#define TRAP_NONE 0xffff

static inline void trap_clear(void)
{
    trap_last.vector = TRAP_NONE;
    trap_last.error = trap_last.cr2 = trap_last.rip = 0;
}

/*
 * Called first by trap_dispatch() for every exception when set; returns true if it dealt with it.
 * The tests and the bench use it.
 */
extern bool (*trap_hook)(struct regs *regs);

#endif
