/* SPDX-License-Identifier: MIT */
/* User mode: system calls and the programs. */
#ifndef SHIM_USER_H
#define SHIM_USER_H

#include <stdint.h>
#include "programs.h"

static inline uint64_t call(uint64_t nr, uint64_t a, uint64_t b)
{
    asm volatile("syscall" : "+a"(nr) : "D"(a), "S"(b) : "rcx", "r11", "memory");
    return nr;
}

/* The same through the software interrupt gate. */
static inline uint64_t call_int(uint64_t nr, uint64_t a, uint64_t b)
{
    asm volatile("int $0x80" : "+a"(nr) : "D"(a), "S"(b) : "memory");
    return nr;
}

static inline uint64_t user_rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
    return (uint64_t)hi << 32 | lo;
}

uint64_t user_main(uint64_t program, uint64_t arg1, uint64_t arg2);

uint64_t prog_bench(uint64_t operation, uint64_t n);
uint64_t prog_fault(uint64_t kind);

#endif
