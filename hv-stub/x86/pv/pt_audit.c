/* SPDX-License-Identifier: MIT */
/* For frames_audit(): every use of a frame that page tables, roots and descriptor tables make. */
#include "mm.h"
#include "pv.h"

typedef void (*use_fn)(mfn_t target, enum frame_type t, void *ctx);

/* The first n entries. An upper one refers to the level below, or to its own: a linear page table.
 */
static void table_uses(mfn_t table, unsigned level, unsigned n, use_fn use, void *ctx)
{
    const uint64_t *pt = mfn_to_virt(table);

    for (unsigned i = 0; i < n; i++) {
        enum frame_type t = FT_NONE;
        mfn_t m = pte_mfn(pt[i]);

        if (!(pt[i] & PTE_P) || !pt_slot_is_guests(level, i) || (level > 1 && mfn_eq(m, table)))
            continue;
        if (level > 1)
            t = frame_type(frame_of(m)) == frame_type(frame_of(table)) ? frame_type(frame_of(m))
                                                                       : FT_L1 + level - 2;
        else if (pt[i] & PTE_RW)
            t = FT_WRITABLE;
        use(m, t, ctx);
    }
}

static void vcpu_uses(const struct vcpu *v, use_fn use, void *ctx)
{
    const struct pv_vcpu *pv = &v->arch.pv;

    if (pv_has_root(pv->root_kernel))
        use(pv->root_kernel, FT_L4, ctx);
    if (pv_has_root(pv->root_user))
        use(pv->root_user, FT_L4, ctx);
    for (unsigned i = 0; i < ARRAY_SIZE(pv->gdt_frame); i++)
        if (pv->gdt_frame[i])
            use(frame_mfn(pv->gdt_frame[i]), FT_DESC, ctx);
    for (unsigned i = 0; i < ARRAY_SIZE(pv->ldt_frame); i++)
        if (pv->ldt_frame[i])
            use(frame_mfn(pv->ldt_frame[i]), FT_DESC, ctx);
}

void arch_audit_walk(struct domain *d, use_fn use, void *ctx)
{
    if (d->kind != DOMAIN_PV)
        return;
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i])
            vcpu_uses(d->vcpu[i], use, ctx);
    for (uint64_t i = 0; i < frame_count; i++) { /* not its page list: that may change meanwhile */
        struct frame *f = &frame_table[i];
        enum frame_type t = frame_type(f);

        if (f->owner != d)
            continue;
        if (f->type & FRAME_TYPE_PINNED)
            use(frame_mfn(f), t, ctx);
        if (frame_is_table(t) && (f->type & (FRAME_TYPE_VALID | FRAME_TYPE_PARTIAL)))
            table_uses(frame_mfn(f), (unsigned)(t - FT_L1) + 1,
                       f->type & FRAME_TYPE_VALID ? PT_ENTRIES : f->partial, use, ctx);
    }
}
