/* SPDX-License-Identifier: MIT */
/*
 * Extended processor states of PV guests: AVX, by XSAVE. A vcpu that sets CR4.OSXSAVE has its
 * registers kept by XSAVE from then on. The others find XCR0 with x87 and SSE, FV guests as after a
 * reset; it is only changed when the next vcpu wants another.
 */
#ifndef X86_XSTATE_H
#define X86_XSTATE_H

#include "hv_types.h"

struct vcpu;

/* Bits of XCR0 a guest may set; 0: the processors have no XSAVE, CR4.OSXSAVE stays clear. */
extern uint64_t xstate_mask;

/* On every CPU, with its CR4 known. */
void xstate_init_cpu(void);
/* XCR0 as after reset, before a guest runs that manages CR4.OSXSAVE itself. */
void xstate_hide(void);

/* ---- of the current vcpu, with CR4.OSXSAVE loaded and CR0.TS clear */
void xstate_save(struct vcpu *v);
void xstate_load(struct vcpu *v);
/* Of one that never set CR4.OSXSAVE: x87 and SSE. */
void xstate_load_plain(struct vcpu *v);
/* It has just set CR4.OSXSAVE. */
void xstate_enable(struct vcpu *v);
/* XSETBV: false: #GP. */
bool xstate_set(struct vcpu *v, uint32_t reg, uint64_t value);
/* Bytes of an XSAVE area for these states. */
uint32_t xstate_size(uint64_t xcr0);

#endif
