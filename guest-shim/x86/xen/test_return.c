/* SPDX-License-Identifier: MIT */
/* The iret hypercall: what it restores, where it may go, and what happens if it cannot. */
#include "cpu.h"
#include "programs.h"
#include "task.h"
#include "tests.h"
#include "timer.h"
#include "xen_shim.h"
#include <pvkit/x86/raw.h>

#define BAD_SELECTOR 0x3ffb

struct seen {
    uint64_t rax, rcx, r11, rflags;
};

/*
 * Return into this very function with rax, rcx and r11 set by the frame. rflags.IF of the frame
 * says whether events are unmasked afterwards.
 */
static void iret_here(uint64_t rflags, struct seen *seen)
{
    struct iret_context frame = {
        .rax = 0x1111,
        .r11 = 0x2222,
        .rcx = 0x3333,
        .flags = 0,
        .cs = FLAT_KERNEL_CS & ~3,
        .rflags = rflags,
        .ss = FLAT_KERNEL_SS & ~3,
    };

    asm volatile("movq %%rsp, %[sp]\n"
                 "movq $1f, %[ip]\n"
                 "mov %[frame], %%rsp\n"
                 "pop %%rax\n"
                 "pop %%r11\n"
                 "pop %%rcx\n"
                 "jmp hypercall_page + %c[slot]\n"
                 "1:\n"
                 "mov %%rax, 0(%[seen])\n"
                 "mov %%rcx, 8(%[seen])\n"
                 "mov %%r11, 16(%[seen])\n"
                 "pushfq\n"
                 "popq 24(%[seen])\n"
                 : [sp] "=m"(frame.rsp), [ip] "=m"(frame.rip)
                 : [frame] "r"(&frame), [seen] "b"(seen),
                   [slot] "i"(__HYPERVISOR_iret << PVK_HYPERCALL_SLOT_SHIFT)
                 : "rax", "rcx", "r11", "memory", "cc");
}

static enum outcome iret_kernel(void)
{
    struct seen seen = {0};

    pv_ops.irq.disable();
    iret_here(RFLAGS_IF | 1 | 2, &seen);
    EXPECT(pv_ops.irq.enabled(), "IF did not unmask events");
    EXPECT(seen.rax == 0x1111 && seen.rcx == 0x3333 && seen.r11 == 0x2222,
           "rax %lx rcx %lx r11 %lx", seen.rax, seen.rcx, seen.r11);
    EXPECT(seen.rflags & 1, "carry flag lost");
    iret_here(2, &seen);
    EXPECT(!pv_ops.irq.enabled(), "no IF did not mask events");
    EXPECT(!(seen.rflags & 1), "carry flag appeared");
    EXPECT(seen.rflags & RFLAGS_IF, "the real interrupt flag is off");
    pv_ops.irq.enable();
    iret_here(RFLAGS_IF | RFLAGS_IOPL | 2, &seen);
    EXPECT(!(seen.rflags & RFLAGS_IOPL), "the guest set its I/O privilege level");
    return TEST_OK;
}

/* An event that is pending when the frame unmasks arrives before anything else happens. */
static enum outcome iret_pending(void)
{
    struct seen seen;

    pv_ops.irq.disable();
    pv_ops.irq.raise();
    EXPECT(this_vcpu_info()->evtchn_upcall_pending, "not pending");
    iret_here(RFLAGS_IF | 2, &seen);
    EXPECT(!this_vcpu_info()->evtchn_upcall_pending, "still pending after unmasking");
    EXPECT(seen.rax == 0x1111, "the event changed rax");
    return TEST_OK;
}

/* Spoil the frame a new process will start with, and see what kills it. */
static enum outcome spoiled(const char *what, uint64_t cs, uint64_t ss, uint64_t rip,
                            struct trap_record *fault)
{
    struct task *task = task_spawn(PROG_EXIT, 0, 0);
    struct regs *regs;

    EXPECT(task, "no process");
    regs = (struct regs *)task->kstack - 1;
    regs->cs = cs ? cs : regs->cs;
    regs->ss = ss ? ss : regs->ss;
    regs->rip = rip ? rip : regs->rip;
    while (task->state != TASK_DEAD)
        schedule();
    EXPECT(task->killed, "%s: it ran", what);
    *fault = task->fault;
    task_reap(task);
    return TEST_OK;
}

/* The faults of the return itself are delivered as if the new context had caused them. */
static enum outcome iret_bad_frames(void)
{
    struct trap_record fault;
    enum outcome outcome;

    outcome = spoiled("selector outside the table", BAD_SELECTOR, 0, 0, &fault);
    if (outcome != TEST_OK)
        return outcome;
    EXPECT(fault.vector == TRAP_GP, "bad cs gave %s", trap_name(fault.vector));
    EXPECT(fault.error == (BAD_SELECTOR & ~3), "bad cs gave error %lx", fault.error);
    outcome = spoiled("stack selector outside the table", 0, BAD_SELECTOR, 0, &fault);
    if (outcome != TEST_OK)
        return outcome;
    EXPECT(fault.vector == TRAP_GP, "bad ss gave %s", trap_name(fault.vector));
    EXPECT(fault.error == (BAD_SELECTOR & ~3), "bad ss gave error %lx", fault.error);
    outcome = spoiled("address in the kernel", 0, 0, KERNEL_BASE + 0x100000, &fault);
    if (outcome != TEST_OK)
        return outcome;
    EXPECT(fault.vector == TRAP_PF, "kernel address gave %s", trap_name(fault.vector));
    EXPECT(fault.error == (PF_USER | PF_FETCH), "kernel address gave error %lx", fault.error);
    outcome = spoiled("address in the hypervisor", 0, 0, 0xffff830000001000, &fault);
    if (outcome != TEST_OK)
        return outcome;
    EXPECT(fault.vector == TRAP_PF, "hypervisor gave %s", trap_name(fault.vector));
    return TEST_OK;
}

const struct test return_tests[] = {
    {"iret_kernel", iret_kernel},
    {"iret_pending", iret_pending},
    {"iret_bad_frames", iret_bad_frames},
    {NULL, NULL},
};
