/* SPDX-License-Identifier: MIT */
/* Loops timed in user mode. */
#include "user.h"

static void bench_syscall(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        call(SYS_GETPID, 0, 0);
}

/* The kernel's hook steps over the load (2 bytes). */
static void bench_fault(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        asm volatile("movb (%%rdi), %%al" ::"D"(UBENCH_FAULT_ADDRESS) : "rax");
}

/* Touch pages that are not there: each access is a page fault which the kernel resolves. */
static void bench_demand(uint64_t n)
{
    volatile char *page = (void *)USER_HEAP_BASE;

    for (uint64_t i = 0; i < n; i++, page += 4096)
        *page;
}

/* The kernel's hook steps over the instruction (3 bytes). */
static void bench_divzero(uint64_t n)
{
    uint64_t zero = 0;

    for (uint64_t i = 0; i < n; i++)
        asm volatile("xor %%edx, %%edx; div %%rsi" : : "S"(zero) : "rax", "rdx", "cc");
}

uint64_t prog_bench(uint64_t operation, uint64_t n)
{
    static void (*const table[])(uint64_t) = {
        [UBENCH_SYSCALL] = bench_syscall,
        [UBENCH_FAULT] = bench_fault,
        [UBENCH_DIVZERO] = bench_divzero,
        [UBENCH_DEMAND] = bench_demand,
    };
    uint64_t start;

    table[operation](1); /* code, stack and data are paged in */
    if (operation == UBENCH_DEMAND)
        call(SYS_UNMAP, USER_HEAP_BASE, USER_HEAP_SIZE);
    start = user_rdtsc();
    table[operation](n);
    return user_rdtsc() - start;
}
