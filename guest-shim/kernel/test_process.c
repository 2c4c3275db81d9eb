/* SPDX-License-Identifier: MIT */
/* User processes: system calls, preemption, demand paging, faults, and what must not leak. */
#include "irq.h"
#include "programs.h"
#include "selftest.h"
#include "task.h"
#include "timer.h"

static enum outcome process_exit(void)
{
    struct task *task = task_spawn(PROG_EXIT, 40, 2);

    EXPECT(task, "no process");
    EXPECT(task_wait(task) == 42, "wrong exit value");
    return TEST_OK;
}

/* Two of a kind with different first arguments, at once, with ticks; both must return `want`. */
static enum outcome run_pair(unsigned program, uint64_t a1, uint64_t b1, uint64_t arg2)
{
    struct task *a = task_spawn(program, a1, arg2), *b = task_spawn(program, b1, arg2);
    uint64_t va, vb;

    EXPECT(a && b, "no process");
    timer_tick_on();
    va = task_wait(a);
    vb = task_wait(b);
    timer_tick_off();
    EXPECT(va == 0 && vb == 0, "returned %lx and %lx", va, vb);
    return TEST_OK;
}

static enum outcome process_pair(void)
{
    struct task *a = task_spawn(PROG_COUNT, 1000000, 200), *b = task_spawn(PROG_COUNT, 5, 200);
    uint64_t va, vb;

    EXPECT(a && b, "no process");
    timer_tick_on();
    va = task_wait(a);
    vb = task_wait(b);
    timer_tick_off();
    EXPECT(va == 1000000, "first returned %lu", va);
    EXPECT(vb == 5, "second returned %lu", vb);
    return TEST_OK;
}

/* Each spins in user mode until the other has run: only preemption lets both finish. */
static enum outcome process_preempted(void)
{
    struct task *a, *b;
    uint64_t va, vb, switches;

    syscall_clear_slots();
    a = task_spawn(PROG_SPIN, 0, 1);
    b = task_spawn(PROG_SPIN, 1, 0);
    EXPECT(a && b, "no process");
    timer_tick_on();
    while (a->state != TASK_DEAD || b->state != TASK_DEAD)
        schedule();
    timer_tick_off();
    switches = a->switches;
    va = task_wait(a);
    vb = task_wait(b);
    EXPECT(va != -1UL && vb != -1UL, "a process was never preempted");
    EXPECT(switches >= 2, "%lu switches", switches);
    return TEST_OK;
}

static enum outcome process_fpu(void)
{
    return run_pair(PROG_FPU, 0x1111, 0x2222, 50);
}

static enum outcome process_fs(void)
{
    return run_pair(PROG_FS, 3, 7, 50);
}

static enum outcome process_copy_on_write(void)
{
    enum outcome outcome = run_pair(PROG_COW, 500, 900, 0);

    if (outcome != TEST_OK)
        return outcome;
    return run_pair(PROG_COW, 501, 901, 0); /* the image itself is unchanged */
}

static enum outcome process_bad_calls(void)
{
    struct task *task = task_spawn(PROG_BADCALL, 0, 0);
    uint64_t wrong;

    EXPECT(task, "no process");
    wrong = task_wait(task);
    EXPECT(wrong == 0, "calls %lx succeeded", wrong);
    return TEST_OK;
}

struct user_fault {
    unsigned kind, vector;
    uint64_t error, other_error; /* either is fine */
    uint64_t cr2;
};

/* QEMU 7.2 reports `int n` in long mode with 16n+2 instead of 8n+2, and #GP for #SS. */
#define INT_ERROR(n) 8 * (n) + 2, 16 * (n) + 2

static const struct user_fault user_faults[] = {
    {0, TRAP_DE, 0, 0, 0},
    {1, TRAP_DB, 0, 0, 0},
    {3, TRAP_BP, 0, 0, 0},
    {4, TRAP_OF, 0, 0, 0},
    {6, TRAP_UD, 0, 0, 0},
    {12, TRAP_SS, 0, 0, 0},
    {13, TRAP_GP, 0, 0, 0},
    {14, TRAP_PF, PF_USER, PF_USER, 8},
    {100, TRAP_GP, 0, 0, 0},
    {101, TRAP_PF, PF_USER | PF_WRITE | PF_PRESENT, PF_USER | PF_WRITE | PF_PRESENT,
     USER_IMAGE_BASE},
    {102, TRAP_PF, PF_USER | PF_FETCH, PF_USER | PF_FETCH | PF_PRESENT, USER_HEAP_BASE},
    {103, TRAP_GP, INT_ERROR(14), 0},
    {104, TRAP_GP, INT_ERROR(0x77), 0},
    {106, TRAP_GP, 0, 0, 0},
    {107, TRAP_GP, 0, 0, 0},
};

static enum outcome check_user_fault(const struct user_fault *want)
{
    struct task *task = task_spawn(PROG_FAULT, want->kind, 0);
    struct trap_record got;
    bool killed;

    EXPECT(task, "no process");
    while (task->state != TASK_DEAD)
        schedule();
    killed = task->killed;
    got = task->fault;
    task_reap(task);
    EXPECT(killed, "kind %u did not fault", want->kind);
    EXPECT(got.vector == want->vector || (want->vector == TRAP_SS && got.vector == TRAP_GP),
           "kind %u gave %s", want->kind, trap_name(got.vector));
    EXPECT(got.error == want->error || got.error == want->other_error,
           "kind %u: error code %lx, not %lx", want->kind, got.error, want->error);
    EXPECT(got.cr2 == want->cr2, "kind %u: cr2 %lx, not %lx", want->kind, got.cr2, want->cr2);
    return TEST_OK;
}

static enum outcome process_faults(void)
{
    enum outcome outcome;

    for (unsigned i = 0; i < ARRAY_LEN(user_faults); i++)
        if ((outcome = check_user_fault(&user_faults[i])) != TEST_OK)
            return outcome;
    return TEST_OK;
}

/* Run a program that should die of a page fault at `address`. */
static enum outcome expect_kill(unsigned program, uint64_t arg, uint64_t low, uint64_t high)
{
    struct task *task = task_spawn(program, arg, 0);
    struct trap_record got;
    bool killed;

    EXPECT(task, "no process");
    while (task->state != TASK_DEAD)
        schedule();
    killed = task->killed;
    got = task->fault;
    task_reap(task);
    EXPECT(killed, "access to %lx worked", arg);
    EXPECT(got.vector == TRAP_PF || got.vector == TRAP_GP, "%s", trap_name(got.vector));
    EXPECT(got.vector == TRAP_GP || (got.cr2 >= low && got.cr2 < high), "cr2 is %lx", got.cr2);
    return TEST_OK;
}

/* Kernel memory, page tables and the hypervisor's range are out of reach of user mode. */
static enum outcome process_isolated(void)
{
    static const uint64_t addresses[] = {
        0,
        KERNEL_BASE + 0x100000,
        DIRECT_BASE + 0x100000,
        0xffff800000000000,
        0xffff830000000000,
        VMAP_BASE + PAGE_SIZE,
        USER_STACK_TOP,
    };
    enum outcome outcome = TEST_OK;

    for (unsigned i = 0; i < ARRAY_LEN(addresses) && outcome == TEST_OK; i++) {
        outcome = expect_kill(PROG_POKE, addresses[i], addresses[i], addresses[i] + 8);
        if (outcome == TEST_OK && addresses[i] != 0xffff800000000000)
            outcome = expect_kill(PROG_PEEK, addresses[i], addresses[i], addresses[i] + 8);
    }
    return outcome;
}

static enum outcome process_protect(void)
{
    struct task *task;
    uint64_t value;

    for (unsigned kind = 1; kind <= 2; kind++) {
        task = task_spawn(PROG_PROTECT, kind, 0);
        EXPECT(task, "no process");
        value = task_wait(task);
        EXPECT(value == 0, "case %u returned %lu", kind, value);
    }
    return expect_kill(PROG_PROTECT, 0, USER_HEAP_BASE + 8192, USER_HEAP_BASE + 8193);
}

static enum outcome process_stack_guard(void)
{
    uint64_t bottom = USER_STACK_TOP - USER_STACK_SIZE;

    return expect_kill(PROG_STACK, 0, bottom - PAGE_SIZE, bottom);
}

static enum outcome process_demand(void)
{
    struct task *task = task_spawn(PROG_COUNT, 1, 1);
    uint64_t faults;

    EXPECT(task, "no process");
    while (task->state != TASK_DEAD)
        schedule();
    faults = task->faults;
    EXPECT(task_wait(task) == 1, "wrong result");
    EXPECT(faults >= 16 && faults < 40, "%lu faults for 16 heap pages and the image", faults);
    return TEST_OK;
}

static enum outcome process_leaks(void)
{
    uint64_t before;

    task_wait(task_spawn(PROG_EXIT, 0, 0)); /* heap blocks are there from now on */
    before = page_free_count();
    for (unsigned i = 0; i < 20; i++) {
        struct task *task = task_spawn(PROG_COUNT, i + 1, 2);

        EXPECT(task && task_wait(task) == i + 1, "round %u failed", i);
    }
    EXPECT(page_free_count() == before, "%ld pages were lost", before - page_free_count());
    return TEST_OK;
}

static enum outcome process_limit(void)
{
    struct task *tasks[TASK_MAX];
    unsigned n = 0;
    uint64_t sum = 0;

    while (n < TASK_MAX && (tasks[n] = task_spawn(PROG_EXIT, n, 1)))
        n++;
    EXPECT(n == TASK_MAX - 1, "%u processes", n);
    for (unsigned i = 0; i < n; i++)
        sum += task_wait(tasks[i]);
    EXPECT(sum == n * (n + 1) / 2, "sum is %lu", sum);
    return TEST_OK;
}

const struct test process_tests[] = {
    {"process_exit", process_exit},
    {"process_pair", process_pair},
    {"process_preempted", process_preempted},
    {"process_fpu", process_fpu},
    {"process_fs", process_fs},
    {"process_copy_on_write", process_copy_on_write},
    {"process_bad_calls", process_bad_calls},
    {"process_faults", process_faults},
    {"process_isolated", process_isolated},
    {"process_protect", process_protect},
    {"process_stack_guard", process_stack_guard},
    {"process_demand", process_demand},
    {"process_leaks", process_leaks},
    {"process_limit", process_limit},
    {NULL, NULL},
};
