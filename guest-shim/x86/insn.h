/* SPDX-License-Identifier: MIT */
/* Privileged instructions that both variants execute: natively, or as ones the hypervisor emulates.
 */
#ifndef SHIM_INSN_H
#define SHIM_INSN_H

#include <stdbool.h>
#include <stdint.h>
#include "trap.h"

/* False if the register raises #GP. */
static inline bool try_rdmsr(uint32_t msr, uint64_t *value)
{
    uint32_t lo = 0, hi = 0;
    bool good = false;

    asm volatile(TRY("rdmsr; movb $1, %2") : "+a"(lo), "+d"(hi), "+m"(good) : "c"(msr));
    *value = (uint64_t)hi << 32 | lo;
    return good;
}

static inline bool try_wrmsr(uint32_t msr, uint64_t value)
{
    bool good = false;

    asm volatile(TRY("wrmsr; movb $1, %0")
                 : "+m"(good)
                 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
    return good;
}

static inline bool try_write_cr4(uint64_t value)
{
    bool good = false;

    asm volatile(TRY("mov %1, %%cr4; movb $1, %0") : "+m"(good) : "r"(value) : "memory");
    return good;
}

static inline uint64_t insn_read_cr0(void)
{
    uint64_t value;

    asm volatile("mov %%cr0, %0" : "=r"(value)::"memory");
    return value;
}

static inline uint64_t insn_read_cr4(void)
{
    uint64_t value;

    asm volatile("mov %%cr4, %0" : "=r"(value)::"memory");
    return value;
}

#endif
