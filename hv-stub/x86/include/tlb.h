/* SPDX-License-Identifier: MIT */
/* The flush clock, see x86/tlb.c. */
#ifndef X86_TLB_H
#define X86_TLB_H

#include "percpu.h"

extern uint64_t tlb_clock;

/* Call before each complete flush of this CPU's TLB. */
static inline void tlb_note_flush(void)
{
    this_percpu()->tlb_time = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);
}

#endif
