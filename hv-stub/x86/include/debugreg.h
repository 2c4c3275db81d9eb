/* SPDX-License-Identifier: MIT */
/* Debug registers (Intel SDM vol. 3, 17.2). */
#ifndef X86_DEBUGREG_H
#define X86_DEBUGREG_H

#include "hv_types.h"

#define DR6_INIT       0xffff0ff0ul /* nothing happened; reserved bits as they read */
#define DR6_RESERVED_0 0xffffffff00001000ul
#define DR6_RESERVED_1 0xffff0ff0ul
#define DR6_BS         (1ul << 14)
#define DR7_INIT       0x400ul
#define DR7_ENABLES    0xfful /* L0 G0 … L3 G3 */
#define DR7_GD         (1ul << 13)
#define DR7_RESERVED_0 0xffffffff0000d800ul
#define DR7_RESERVED_1 0x400ul
#define DR7_RW(dr7, i) ((dr7) >> (16 + 4 * (i)) & 3)
#define DR7_RW_IO      2

#define DR_ACCESSORS(n)                                   \
    static inline uint64_t read_dr##n(void)               \
    {                                                     \
        uint64_t v;                                       \
                                                          \
        __asm__ volatile("mov %%dr" #n ", %0" : "=r"(v)); \
        return v;                                         \
    }                                                     \
    static inline void write_dr##n(uint64_t v)            \
    {                                                     \
        __asm__ volatile("mov %0, %%dr" #n ::"r"(v));     \
    }
DR_ACCESSORS(0)
DR_ACCESSORS(1)
DR_ACCESSORS(2)
DR_ACCESSORS(3)
DR_ACCESSORS(6)
DR_ACCESSORS(7)

#endif
