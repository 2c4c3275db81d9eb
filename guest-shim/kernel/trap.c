/* SPDX-License-Identifier: MIT */
/* What happens on an exception, in the order in which it is tried. */
#include "irq.h"
#include "pv_ops.h"
#include "task.h"

struct trap_record trap_last;
bool (*trap_hook)(struct regs *regs);

struct extable_entry {
    uint64_t fault, resume;
};
extern const struct extable_entry extable_start[], extable_end[];

void trap_init(void)
{
    pv_ops.cpu.load_traps(trap_gates, trap_gate_count);
}

const char *trap_name(unsigned vector)
{
    static const char *const names[TRAP_COUNT] = {
        "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "?",
        "#TS", "#NP", "#SS", "#GP", "#PF", "?",   "#MF", "#AC", "#MC", "#XM",
    };

    if (vector == TRAP_FAILSAFE)
        return "failsafe";
    return vector < TRAP_COUNT ? names[vector] : "?";
}

void regs_dump(const struct regs *regs)
{
    printk("trap %s error %lx rip %lx cs %lx rflags %lx rsp %lx ss %lx cr2 %lx\n",
           trap_name(regs->vector), regs->error, regs->rip, regs->cs, regs->rflags, regs->rsp,
           regs->ss, pv_ops.mmu.fault_address());
    printk("  rax %lx rbx %lx rcx %lx rdx %lx rsi %lx rdi %lx rbp %lx r8 %lx\n", regs->rax,
           regs->rbx, regs->rcx, regs->rdx, regs->rsi, regs->rdi, regs->rbp, regs->r8);
    printk("  r9 %lx r10 %lx r11 %lx r12 %lx r13 %lx r14 %lx r15 %lx\n", regs->r9, regs->r10,
           regs->r11, regs->r12, regs->r13, regs->r14, regs->r15);
}

/* An instruction marked with TRY() faulted: note what happened and resume behind it. */
static bool fixup(struct regs *regs, const struct trap_record *record)
{
    const struct extable_entry *e;

    for (e = extable_start; e < extable_end; e++) {
        if (e->fault != regs->rip)
            continue;
        trap_last = *record;
        regs->rip = e->resume;
        return true;
    }
    return false;
}

static bool page_fault(const struct trap_record *record)
{
    return record->cr2 < USER_END && task_fault(current, record->cr2, record->error);
}

static void kill_current(const struct trap_record *record)
{
    current->killed = true;
    current->fault = *record;
    task_exit(0);
}

static void handle(struct regs *regs)
{
    struct trap_record record = {.vector = regs->vector, .error = regs->error, .rip = regs->rip};

    if (regs->vector == TRAP_PF) {
        record.cr2 = pv_ops.mmu.fault_address();
        if (page_fault(&record))
            return;
    }
    if (regs->vector == TRAP_NM && regs_from_user(regs)) {
        task_take_fpu();
        return;
    }
    if (regs_from_user(regs))
        kill_current(&record);
    if (fixup(regs, &record))
        return;
    regs_dump(regs);
    panic("unexpected %s in the kernel", trap_name(regs->vector));
}

void trap_leave(const struct regs *regs)
{
    if (regs_from_user(regs) && sched_requested())
        schedule();
}

void trap_dispatch(struct regs *regs)
{
    if (regs->vector == TRAP_USER_INT) {
        syscall_dispatch(regs);
        return;
    }
    if (!trap_hook || !trap_hook(regs))
        handle(regs);
    trap_leave(regs);
}
