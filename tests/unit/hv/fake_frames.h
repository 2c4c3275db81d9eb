/* SPDX-License-Identifier: MIT */
/* The machine under the real memory code: 4096 frames, tables that are valid when a test says so.
 */
#ifndef FAKE_FRAMES_H
#define FAKE_FRAMES_H

#include "unit.h"

/* What arch_frame_validate() answers, and how often it and its counterpart were called. */
extern int fake_validate_result;
extern unsigned fake_validations, fake_devalidations;
/* Calls of arch_flush_for_reuse(). */
extern unsigned fake_reuse_flushes;

/* What arch_audit_walk() finds: fake_use() adds one use, taken for real. */
void fake_use(struct domain *d, mfn_t m, enum frame_type t);
/* Forget that use in the walk; the frame keeps it. */
void fake_hide_use(unsigned i);
/* Drop all uses, in the walk and on the frames. */
void fake_drop_uses(void);

/* Addresses 0 .. FAKE_ENTRIES pages can have a grant mapped. */
#define FAKE_ENTRIES 64
extern unsigned fake_domain_flushes;

/* Fresh memory: all frames free. world_reset() does it too. */
void stub_reset(void);
/* A page of d's own. */
mfn_t own_page(struct domain *d);

/* Drop a typed use as the page-table code does: under the owner's lock, tables taken apart at once.
 */
void put_type(struct frame *f);
void put_both(struct frame *f);

#endif
