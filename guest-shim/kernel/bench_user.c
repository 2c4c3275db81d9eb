/* SPDX-License-Identifier: MIT */
/* Operations that start in user mode; the process takes the time itself. */
#include "bench.h"
#include "cpu.h"
#include "programs.h"
#include "pv_ops.h"
#include "task.h"

#define DIV_LENGTH  3 /* div %rsi */
#define LOAD_LENGTH 2 /* mov (%rdi), %al */

static uint64_t in_process(enum user_bench operation, unsigned n)
{
    struct task *task = task_spawn(PROG_BENCH, operation, n);

    CHECK(task);
    return task_wait(task);
}

static uint64_t sample_syscall(unsigned n)
{
    return in_process(UBENCH_SYSCALL, n);
}

/* The shortest handlers: step over the instruction. */
static bool skip_divide(struct regs *regs)
{
    if (regs->vector != TRAP_DE)
        return false;
    regs->rip += DIV_LENGTH;
    return true;
}

static bool skip_load(struct regs *regs)
{
    if (regs->vector != TRAP_PF || pv_ops.mmu.fault_address() != UBENCH_FAULT_ADDRESS)
        return false;
    regs->rip += LOAD_LENGTH;
    return true;
}

static uint64_t sample_divide(unsigned n)
{
    uint64_t ticks;

    trap_hook = skip_divide;
    ticks = in_process(UBENCH_DIVZERO, n);
    trap_hook = NULL;
    return ticks;
}

static uint64_t sample_fault(unsigned n)
{
    uint64_t ticks;

    trap_hook = skip_load;
    ticks = in_process(UBENCH_FAULT, n);
    trap_hook = NULL;
    return ticks;
}

/* A page that appears: fault, zeroed frame, page table update. */
static uint64_t sample_demand(unsigned n)
{
    return in_process(UBENCH_DEMAND, n);
}

const struct bench_op bench_user_ops[] = {
    {"syscall", NULL, NULL, sample_syscall, NULL, 1000, 0, 0},
    {"page_fault", NULL, NULL, sample_fault, NULL, 1000, 0, 0},
    {"divzero", NULL, NULL, sample_divide, NULL, 1000, 0, 0},
    {"demand_page", NULL, NULL, sample_demand, NULL, 500, 0, 1000},
    {.name = NULL},
};
