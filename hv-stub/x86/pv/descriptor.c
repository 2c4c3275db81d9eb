/* SPDX-License-Identifier: MIT */
/*
 * Guest descriptor tables. The guest's GDT pages are mapped into its vcpu's descriptor area (slot
 * 260) below our own page; while they are there their frames have the type FT_DESC, so that every
 * entry was looked at (desc_valid.c) and only update_descriptor changes one.
 */
#include "hv.h"
#include "cpu.h"
#include "handlers.h"
#include "gdt.h"
#include "paging.h"
#include "pv.h"

#define AREA_PAGES 32 /* per vcpu: 16 of GDT, 16 of LDT */
#define AREA_PTE   (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

uint64_t pv_gdt_va(const struct vcpu *v)
{
    return HV_PERDOMAIN_BASE + (uint64_t)v->id * AREA_PAGES * PAGE_SIZE;
}

uint64_t *pv_desc_ptes(const struct vcpu *v)
{
    unsigned per_l1 = 512 / AREA_PAGES;

    return v->domain->arch.perdomain_l1[v->id / per_l1] + v->id % per_l1 * AREA_PAGES;
}

/* Let the processor forget translations of v's descriptor area. */
static void flush_area(const struct vcpu *v, unsigned pages)
{
    if (v != current_vcpu())
        return; /* it will come with a CR3 load */
    for (unsigned i = 0; i < pages; i++)
        arch_flush_page_local(pv_gdt_va(v) + i * PAGE_SIZE);
}

static void map_gdt(struct vcpu *v, unsigned i, struct frame *f)
{
    mfn_t m = f ? frame_mfn(f) : desc_empty_page;

    pv_desc_ptes(v)[i] = m.v << PAGE_SHIFT | (f ? AREA_PTE : AREA_PTE & ~PTE_RW);
    v->arch.pv.gdt_frame[i] = f;
}

static unsigned take_frames(struct domain *d, const uint64_t *mfns, unsigned n, struct frame **f)
{
    for (unsigned i = 0; i < n; i++) {
        if (!mfn_valid(MFN(mfns[i])))
            return i;
        f[i] = frame_of(MFN(mfns[i]));
        if (frame_get_and_type(f[i], d, FT_DESC))
            return i;
    }
    return n;
}

int pv_set_gdt(struct vcpu *v, const uint64_t *mfns, uint32_t ents)
{
    struct frame *f[PV_MAX_GDT_PAGES] = {NULL}, *old[PV_MAX_GDT_PAGES];
    unsigned n = DIV_UP(ents, 512), got;

    if (ents > FIRST_RESERVED_GDT_ENTRY)
        return (int)hv_refuse(-XEN_EINVAL, "%u GDT entries, at most %u", ents,
                              FIRST_RESERVED_GDT_ENTRY);
    got = take_frames(v->domain, mfns, n, f);
    if (got < n) {
        int rc = (int)hv_refuse_frame(-XEN_EINVAL, MFN(mfns[got]),
                                      "frame %u of the GDT cannot become a descriptor page", got);
        while (got--)
            frame_put_and_type(f[got]);
        return rc;
    }
    memcpy(old, v->arch.pv.gdt_frame, sizeof(old));
    for (unsigned i = 0; i < PV_MAX_GDT_PAGES; i++)
        map_gdt(v, i, f[i]);
    v->arch.pv.gdt_ents = ents;
    flush_area(v, PV_MAX_GDT_PAGES);
    for (unsigned i = 0; i < PV_MAX_GDT_PAGES; i++)
        if (old[i])
            frame_put_and_type(old[i]);
    return 0;
}

void pv_drop_gdt(struct vcpu *v)
{
    pv_set_gdt(v, NULL, 0);
}

long hc_set_gdt(uint64_t frames, uint64_t entries)
{
    uint64_t mfns[PV_MAX_GDT_PAGES];
    struct vcpu *v = current_vcpu();
    uint32_t ents = (uint32_t)entries;
    long rc;

    if (ents > FIRST_RESERVED_GDT_ENTRY)
        return hv_refuse(-XEN_EINVAL, "%u GDT entries, at most %u", ents, FIRST_RESERVED_GDT_ENTRY);
    if (guest_read(mfns, GVA(frames), DIV_UP(ents, 512) * sizeof(mfns[0])))
        return hv_refuse(-XEN_EFAULT, "list of GDT frames at %lx is not readable", frames);
    spin_lock(&v->domain->lock);
    rc = pv_set_gdt(v, mfns, ents);
    spin_unlock(&v->domain->lock);
    return rc;
}

long hc_update_descriptor(uint64_t ma, uint64_t desc)
{
    struct domain *d = current_vcpu()->domain;
    mfn_t m = MFN(ma >> PAGE_SHIFT);
    struct frame *f;
    enum frame_type t;
    uint64_t *slot;
    int rc;

    if (ma & 7)
        return hv_refuse(-XEN_EINVAL, "descriptor at %lx is not aligned to 8 bytes", ma);
    if (!desc_fixup(&desc))
        return hv_refuse(-XEN_EINVAL, "descriptor %016lx is a system segment or gate", desc);
    if (!mfn_valid(m))
        return hv_refuse(-XEN_EINVAL, "frame %lx does not exist", m.v);
    f = frame_of(m);
    /* Holding either type keeps the frame from becoming a page table meanwhile. */
    t = frame_type(f) == FT_DESC ? FT_DESC : FT_WRITABLE;
    spin_lock(&d->lock);
    rc = frame_get_and_type(f, d, t);
    spin_unlock(&d->lock);
    if (rc)
        return hv_refuse_frame(-XEN_EINVAL, m, "frame is neither a descriptor page nor writable");
    slot = (uint64_t *)((char *)mfn_to_virt(m) + (ma & (PAGE_SIZE - 1)));
    __atomic_store_n(slot, desc, __ATOMIC_RELEASE);
    frame_put_and_type(f);
    return 0;
}
