/* SPDX-License-Identifier: MIT */
/*
 * Entries of guest page tables. Guest kernel and guest user both run at CPL 3, so every entry has
 * US set in the real table. Which mappings are the kernel's is remembered in a software bit; user
 * mappings are marked global, as Xen does and guests that read their tables may see.
 */
#include "mm.h"
#include "pv.h"

/* Bits 52..62 are free for the guest; cache attributes are for domains that own devices. */
#define L1_REFUSED    (PTE_PWT | PTE_PCD | PTE_PSE | PTE_GRANT)
#define UPPER_REFUSED (PTE_PWT | PTE_PCD | PTE_PSE | PTE_G)
/* A change of these alone needs no new reference. */
#define SAME_PAGE_BITS (PTE_NX | PTE_AVAILH | PTE_AVAIL | PTE_G | PTE_D | PTE_A | PTE_US)

bool pt_slot_is_guests(unsigned level, unsigned index)
{
    return level != 4 || index < PT_HV_FIRST || index > PT_HV_LAST;
}

uint64_t pt_adjust(unsigned level, uint64_t e)
{
    if (!(e & PTE_P))
        return e;
    if (level > 1)
        return e | PTE_US;
    if (!(e & PTE_US))
        return e | PTE_US | PTE_KERNEL;
    return e & PTE_KERNEL ? e : e | PTE_G;
}

static enum frame_type data_type(const struct frame *f)
{
    return frame_type(f) == FT_SHARED ? FT_SHARED : FT_WRITABLE;
}

static long l1_get(struct domain *d, uint64_t e)
{
    mfn_t m = pte_mfn(e);
    struct frame *f;

    if (unlikely(e & L1_REFUSED))
        return hv_refuse(-XEN_EINVAL, "L1 entry %#llx has bits a domain may not set",
                         (unsigned long long)e);
    if (unlikely(!mfn_valid(m)))
        return hv_refuse(-XEN_EPERM, "L1 entry %#llx: no RAM there and no device is yours",
                         (unsigned long long)e);
    f = frame_of(m);
    if (unlikely(!frame_get(f, d)))
        return hv_refuse_frame(-XEN_EBUSY, m, "L1 entry maps a frame that is not the domain's");
    if ((e & PTE_RW) && unlikely(frame_get_type(f, data_type(f)))) {
        hv_refuse_frame(-XEN_EBUSY, m, "L1 entry maps a table writable");
        frame_put(f);
        return -XEN_EBUSY;
    }
    return 0;
}

/* LDT pages are looked up through the guest's mapping: when that goes, so does what was found. */
static void forget_ldt(struct domain *d)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i])
            (void)pv_ldt_invalidate(d->vcpu[i]);
}

static void l1_put(struct domain *d, uint64_t e)
{
    struct frame *f = frame_of(pte_mfn(e));

    if (e & PTE_RW) {
        frame_put_and_type(f);
        return;
    }
    if (unlikely(frame_type(f) == FT_DESC))
        forget_ldt(d);
    frame_put(f);
}

static long upper_get(struct domain *d, unsigned level, mfn_t table, uint64_t e)
{
    mfn_t m = pte_mfn(e);
    int rc;

    if (e & UPPER_REFUSED)
        return hv_refuse(-XEN_EINVAL, "L%u entry %#llx has bits a domain may not set", level,
                         (unsigned long long)e);
    if (mfn_eq(m, table)) { /* a linear page table: harmless if nothing can be written through it */
        if (e & PTE_RW)
            return hv_refuse(-XEN_EINVAL, "L%u table maps itself writable", level);
        return 0;
    }
    if (!mfn_valid(m))
        return hv_refuse(-XEN_EINVAL, "L%u entry %#llx: no RAM there", level,
                         (unsigned long long)e);
    rc = frame_get_and_type(frame_of(m), d, (enum frame_type)(FT_L1 + level - 2));
    return rc ? hv_refuse_frame(rc, m, "L%u entry: not usable as L%u table", level, level - 1) : 0;
}

long pt_entry_get(struct domain *d, unsigned level, mfn_t table, uint64_t e)
{
    if (!(e & PTE_P))
        return 0;
    return level == 1 ? l1_get(d, e) : upper_get(d, level, table, e);
}

void pt_entry_put(struct domain *d, unsigned level, mfn_t table, uint64_t e)
{
    if (!(e & PTE_P))
        return;
    if (level == 1)
        l1_put(d, e);
    else if (!mfn_eq(pte_mfn(e), table))
        frame_put_and_type(frame_of(pte_mfn(e)));
}

/* Returns the value that was replaced. */
static uint64_t store(uint64_t *slot, uint64_t old, uint64_t new, bool preserve_ad)
{
    if (!preserve_ad) {
        WRITE_ONCE(*slot, new);
        return old;
    }
    while (!__atomic_compare_exchange_n(slot, &old, new | (old & (PTE_A | PTE_D)), false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
    return old;
}

long pt_set(struct domain *d, unsigned level, struct frame *table, uint64_t *slot, uint64_t new,
            bool preserve_ad)
{
    mfn_t self = frame_mfn(table);
    uint64_t old = READ_ONCE(*slot);
    long rc;

    if (!pt_slot_is_guests(level, (unsigned)(((uint64_t)slot & ~PAGE_MASK) / 8)))
        return hv_refuse(-XEN_EINVAL, "L4 slots 256..271 are the hypervisor's");
    if (new &PTE_P) {
        uint64_t refused = level == 1 ? L1_REFUSED : UPPER_REFUSED;

        if ((old & PTE_P) && !((old ^ new) & ~SAME_PAGE_BITS) && !(new &refused)) {
            store(slot, old, pt_adjust(level, new), preserve_ad);
            return 0;
        }
        rc = pt_entry_get(d, level, self, new);
        if (unlikely(rc))
            return rc;
        new = pt_adjust(level, new);
    }
    old = store(slot, old, new, preserve_ad);
    pt_entry_put(d, level, self, old);
    return 0;
}
