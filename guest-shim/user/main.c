/* SPDX-License-Identifier: MIT */
/* The programs of the user image. Each returns a value the kernel's tests know how to judge. */
#include "user.h"

#define PAGES 16

static uint64_t shared_data[1024] = {1, 2, 3}; /* two image pages, copied when written */
static uint64_t zeroes[1024];

/* Fill heap pages with a pattern of its own, with system calls in between, and check them. */
static uint64_t prog_count(uint64_t seed, uint64_t rounds)
{
    volatile uint64_t *heap = (void *)USER_HEAP_BASE;
    uint64_t pid = call(SYS_GETPID, 0, 0), bad = 0;

    for (uint64_t round = 0; round < rounds; round++) {
        for (unsigned page = 0; page < PAGES; page++)
            heap[page * 512] = seed + pid * 1000 + round + page;
        if (round % 16 == 0)
            call(SYS_YIELD, 0, 0);
        for (unsigned page = 0; page < PAGES; page++)
            bad += heap[page * 512] != seed + pid * 1000 + round + page;
        bad += call(SYS_GETPID, 0, 0) != pid;
        bad += call_int(SYS_GETPID, 0, 0) != pid;
    }
    return bad ? bad : seed;
}

/*
 * Write this process's slot, then wait without system calls until the other one (slot `other`)
 * has started: only a timer interrupt can let it. The slot lives in the kernel, so the last look
 * is a system call, after a spin long enough for several ticks.
 */
static uint64_t prog_spin(uint64_t mine, uint64_t other)
{
    uint64_t end;

    call(SYS_SLOT, mine, call(SYS_TIME, 0, 0));
    for (unsigned tries = 0; tries < 100; tries++) {
        uint64_t seen;

        end = user_rdtsc() + 3000000;
        while (user_rdtsc() < end)
            ;
        seen = call(SYS_SLOT, other, 0);
        if (seen) {
            call(SYS_SLOT, other, seen);
            return tries;
        }
    }
    return -1UL;
}

static uint64_t prog_fpu(uint64_t seed, uint64_t rounds)
{
    uint64_t bad = 0, low, high, mxcsr_ok = 0x1f80;
    uint32_t mxcsr;

    asm volatile("movq %0, %%xmm0; movq %1, %%xmm15" ::"r"(seed), "r"(~seed));
    for (uint64_t i = 0; i < rounds; i++) {
        call(SYS_YIELD, 0, 0);
        asm volatile("movq %%xmm0, %0; movq %%xmm15, %1; stmxcsr %2"
                     : "=r"(low), "=r"(high), "=m"(mxcsr));
        bad += low != seed || high != ~seed || mxcsr != mxcsr_ok;
        seed += 0x0101010101010101;
        asm volatile("movq %0, %%xmm0; movq %1, %%xmm15" ::"r"(seed), "r"(~seed));
    }
    return bad;
}

static uint64_t prog_port(uint64_t port)
{
    uint8_t value;

    asm volatile("inb %w1, %0" : "=a"(value) : "d"(port));
    return value;
}

static uint64_t prog_cow(uint64_t value)
{
    uint64_t bad = shared_data[0] != 1 || shared_data[1023] != 0 || zeroes[512] != 0;

    for (unsigned i = 0; i < 4; i++) {
        shared_data[0] = value + i;
        zeroes[512] = value;
        call(SYS_YIELD, 0, 0);
        bad += shared_data[0] != value + i || shared_data[2] != 3 || zeroes[512] != value;
    }
    return bad;
}

static uint64_t prog_poke(uint64_t address)
{
    *(volatile uint64_t *)address = 1;
    return 0;
}

static uint64_t prog_peek(uint64_t address)
{
    return *(volatile uint64_t *)address;
}

static uint64_t prog_fs(uint64_t value, uint64_t rounds)
{
    volatile uint64_t *cell = (void *)(USER_HEAP_BASE + value * 64);
    uint64_t seen, bad = 0;

    cell[1] = value;
    call(SYS_FSBASE, (uint64_t)cell, 0);
    for (uint64_t i = 0; i < rounds; i++) {
        call(SYS_YIELD, 0, 0);
        asm volatile("mov %%fs:8, %0" : "=r"(seen));
        bad += seen != value;
    }
    return bad;
}

/* 0: write to a page made read-only. 1: after making it writable again. 2: after unmapping it. */
static uint64_t prog_protect(uint64_t kind)
{
    volatile uint64_t *cell = (void *)(USER_HEAP_BASE + 8192);

    *cell = 5;
    if (call(SYS_PROTECT, (uint64_t)cell, 0) || *cell != 5)
        return 100;
    if (kind == 1 && call(SYS_PROTECT, (uint64_t)cell, 1))
        return 101;
    if (kind == 2 && call(SYS_UNMAP, (uint64_t)cell, 8))
        return 102;
    if (kind == 2 && *cell != 0)
        return 103;
    *cell = 6;
    return *cell != 6;
}

/* Ends in the guard page long before `depth` could reach its limit. */
static __attribute__((noinline)) uint64_t prog_stack(uint64_t depth)
{
    volatile char frame[256];

    frame[0] = depth;
    return depth == -2UL ? 0 : prog_stack(depth + 1) + frame[0];
}

/* Returns a bit per system call that did not fail as it should. */
static uint64_t prog_badcall(void)
{
    uint64_t wrong = 0;

    wrong |= (uint64_t)(call(SYS_COUNT, 0, 0) != -1UL) << 0;
    wrong |= (uint64_t)(call(-1UL, 0, 0) != -1UL) << 1;
    wrong |= (uint64_t)(call(SYS_WRITE, 0, 8) != -1UL) << 2;
    wrong |= (uint64_t)(call(SYS_WRITE, 0xffffffff80100000, 8) != -1UL) << 3;
    wrong |= (uint64_t)(call(SYS_WRITE, 0x7ffffffffffc, 8) != -1UL) << 4;
    wrong |= (uint64_t)(call(SYS_WRITE, 0x8000000000000000, 8) != -1UL) << 5;
    wrong |= (uint64_t)(call(SYS_WRITE, USER_HEAP_BASE, 1 << 20) != -1UL) << 6;
    wrong |= (uint64_t)(call(SYS_SLOT, SYS_SLOTS, 0) != -1UL) << 7;
    wrong |= (uint64_t)(call(SYS_FSBASE, 0x8000000000000000, 0) != -1UL) << 8;
    wrong |= (uint64_t)(call(SYS_UNMAP, USER_HEAP_BASE, -1UL) != -1UL) << 9;
    return wrong;
}

uint64_t user_main(uint64_t program, uint64_t arg1, uint64_t arg2)
{
    switch (program) {
    case PROG_EXIT:
        return arg1 + arg2;
    case PROG_COUNT:
        return prog_count(arg1, arg2);
    case PROG_SPIN:
        return prog_spin(arg1, arg2);
    case PROG_FAULT:
        return prog_fault(arg1);
    case PROG_FPU:
        return prog_fpu(arg1, arg2);
    case PROG_PORT:
        return prog_port(arg1);
    case PROG_COW:
        return prog_cow(arg1);
    case PROG_POKE:
        return prog_poke(arg1);
    case PROG_PEEK:
        return prog_peek(arg1);
    case PROG_BENCH:
        return prog_bench(arg1, arg2);
    case PROG_FS:
        return prog_fs(arg1, arg2);
    case PROG_STACK:
        return prog_stack(arg1);
    case PROG_PROTECT:
        return prog_protect(arg1);
    case PROG_BADCALL:
        return prog_badcall();
    }
    return -1UL;
}
