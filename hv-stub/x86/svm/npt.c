/* SPDX-License-Identifier: MIT */
/*
 * The nested page table: guest-physical to machine addresses, four levels, 2 MiB pages where the
 * allocator had contiguous frames. It is also the only record of where the guest's memory is.
 *
 * Tables for addresses without memory are bounded: a guest that touches more of them than
 * NPT_EXTRA_TABLES cover is ended by the fault handler.
 */
#include "paging.h"
#include "svm_internal.h"

#define LARGE_ORDER           9
#define LARGE_PAGES           (1ull << LARGE_ORDER)
#define LARGE_SIZE            (PAGE_SIZE << LARGE_ORDER)
#define NPT_INDEX(gpa, level) ((gpa) >> (12 + 9 * ((level)-1)) & 511)

#define NPT_EXTRA_TABLES 64
#define GPA_BITS         48

/* The processor walks these entries as a user. */
#define NPT_TABLE (PTE_P | PTE_RW | PTE_US | PTE_A)
#define NPT_LEAF  (PTE_P | PTE_US | PTE_A)
/* A bit for software: the page stands for an address without memory. */
#define NPT_HOLE (1ull << 9)

static uint64_t *entry_table(uint64_t e)
{
    return mfn_to_virt(MFN((e & PTE_ADDR) >> PAGE_SHIFT));
}

/* A 2 MiB page becomes 512 small ones. False: no memory for the table. */
static bool split(struct svm_domain *sd, uint64_t *e)
{
    uint64_t *new = sd->npt_tables < sd->npt_tables_max ? hv_alloc(PAGE_SIZE) : NULL;

    if (!new)
        return false;
    for (uint64_t i = 0; i < LARGE_PAGES; i++)
        new[i] = (*e & ~(uint64_t)PTE_PS) + (i << PAGE_SHIFT);
    sd->npt_tables++;
    WRITE_ONCE(*e, virt_to_mfn(new).v << PAGE_SHIFT | NPT_TABLE);
    return true;
}

/* The entry for gpa at `level` (1: 4 KiB, 2: 2 MiB), making tables on the way if asked to. NULL if
 * there is none, or a larger page lies there: then *large is its entry as it was, for another CPU
 * may split it. */
static uint64_t *npt_entry(struct svm_domain *sd, uint64_t gpa, unsigned int level, bool make,
                           uint64_t *large)
{
    uint64_t *table = sd->npt;

    if (large)
        *large = 0;
    for (unsigned int l = 4; l > level; l--) {
        uint64_t *e = &table[NPT_INDEX(gpa, l)], was = READ_ONCE(*e);

        if ((was & PTE_PS) && !(make && split(sd, e))) {
            if (large)
                *large = was;
            return NULL;
        }
        if (!(*e & PTE_P)) {
            uint64_t *new =
                make && sd->npt_tables < sd->npt_tables_max ? hv_alloc(PAGE_SIZE) : NULL;

            if (!new)
                return NULL;
            sd->npt_tables++;
            *e = virt_to_mfn(new).v << PAGE_SHIFT | NPT_TABLE;
        }
        table = entry_table(*e);
    }
    return &table[NPT_INDEX(gpa, level)];
}

bool npt_map(struct svm_domain *sd, uint64_t gpa, mfn_t mfn)
{
    uint64_t *e;

    spin_lock(&sd->npt_lock);
    e = gpa >> GPA_BITS ? NULL : npt_entry(sd, gpa, 1, true, NULL);
    if (e)
        WRITE_ONCE(*e, mfn.v << PAGE_SHIFT | NPT_LEAF | PTE_RW | PTE_D);
    spin_unlock(&sd->npt_lock);
    return e;
}

/* Is the entry there, and more than a stand-in? */
static bool is_memory(uint64_t e)
{
    return (e & (PTE_P | NPT_HOLE)) == PTE_P;
}

static bool npt_map_large(struct svm_domain *sd, uint64_t gpa, mfn_t mfn)
{
    uint64_t *e = npt_entry(sd, gpa, 2, true, NULL);

    if (!e)
        return false;
    *e = mfn.v << PAGE_SHIFT | NPT_LEAF | PTE_RW | PTE_D | PTE_PS;
    return true;
}

void *npt_ram(struct svm_domain *sd, uint64_t gpa)
{
    uint64_t large, *e;

    if (!sd->npt || gpa >> GPA_BITS)
        return NULL;
    e = npt_entry(sd, gpa, 1, false, &large);
    if (large)
        return (uint8_t *)entry_table(large) + gpa % LARGE_SIZE;
    if (!e)
        return NULL;
    large = READ_ONCE(*e);
    return is_memory(large) ? (uint8_t *)entry_table(large) + gpa % PAGE_SIZE : NULL;
}

/* Fill guest-physical memory from `start` on, page by page or 2 MiB at once. */
static bool populate(struct domain *d, uint64_t start, uint64_t bytes)
{
    struct svm_domain *sd = d->arch.svm;

    for (uint64_t gpa = start, end = start + bytes; gpa < end;) {
        bool large = gpa % LARGE_SIZE == 0 && end - gpa >= LARGE_SIZE;
        mfn_t m = large ? frame_alloc_domain(d, LARGE_ORDER) : INVALID_MFN;

        if (!mfn_eq(m, INVALID_MFN)) {
            if (!npt_map_large(sd, gpa, m))
                return false;
            gpa += LARGE_SIZE;
            continue;
        }
        m = frame_alloc_domain(d, 0);
        if (mfn_eq(m, INVALID_MFN) || !npt_map(sd, gpa, m))
            return false;
        gpa += PAGE_SIZE;
    }
    return true;
}

bool npt_create(struct domain *d, uint64_t bytes)
{
    struct svm_domain *sd = d->arch.svm;
    bool ok;

    sd->ram_below_4g = MIN(bytes, SVM_HOLE_START);
    sd->ram_above_4g = bytes - sd->ram_below_4g;
    sd->npt_tables_max = bytes / LARGE_SIZE + NPT_EXTRA_TABLES;
    sd->npt = hv_alloc(PAGE_SIZE);
    sd->ones = hv_alloc(PAGE_SIZE);
    sd->sink = hv_alloc(PAGE_SIZE);
    if (!sd->npt || !sd->ones || !sd->sink)
        return false;
    memset(sd->ones, 0xff, PAGE_SIZE);
    spin_lock(&d->lock);
    ok = populate(d, 0, sd->ram_below_4g) && populate(d, 1ull << 32, sd->ram_above_4g);
    spin_unlock(&d->lock);
    return ok;
}

static void free_table(uint64_t *table, unsigned int level)
{
    for (unsigned int i = 0; level > 1 && i < 512; i++)
        if ((table[i] & PTE_P) && !(table[i] & PTE_PS))
            free_table(entry_table(table[i]), level - 1);
    hv_free(table, PAGE_SIZE);
}

void npt_destroy(struct svm_domain *sd)
{
    if (sd->npt)
        free_table(sd->npt, 4);
    if (sd->ones)
        hv_free(sd->ones, PAGE_SIZE);
    if (sd->sink)
        hv_free(sd->sink, PAGE_SIZE);
    sd->npt = sd->ones = sd->sink = NULL;
}

/*
 * The guest touched an address without memory. Reads find all ones; the first write to a page turns
 * it into a page shared by all such writes, whose contents mean nothing. False: no tables are left.
 */
static bool fill_hole(struct svm_domain *sd, uint64_t gpa, bool write)
{
    uint64_t *e;

    spin_lock(&sd->npt_lock);
    e = gpa >> GPA_BITS ? NULL : npt_entry(sd, gpa, 1, true, NULL);
    if (e && !is_memory(*e)) /* another vcpu may have put memory there meanwhile */
        WRITE_ONCE(*e, virt_to_mfn(write ? sd->sink : sd->ones).v << PAGE_SHIFT | NPT_LEAF |
                           NPT_HOLE | (write ? PTE_RW | PTE_D : 0));
    spin_unlock(&sd->npt_lock);
    return e;
}

bool svm_exit_npf(struct svm_vcpu *sv)
{
    uint64_t gpa = sv->vmcb->exit_info2;
    bool write = sv->vmcb->exit_info1 & NPF_WRITE;

    if (svm_is_mmio(sv, gpa)) {
        if (svm_mmio(sv, gpa))
            return false;
        domain_crash(sv->vcpu->domain, sv->vcpu,
                     "an instruction that is not emulated uses an APIC");
        return true;
    }
    if (!fill_hole(sv->dom, gpa, write)) {
        domain_crash(sv->vcpu->domain, sv->vcpu, "no memory at guest-physical address 0x%llx",
                     (unsigned long long)gpa);
        return true;
    }
    svm_asid_flush(sv);
    return false;
}

void svm_flush_domain(struct domain *d)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        svm_pend(svm_vcpu_of(d->vcpu[i]), PEND_FLUSH);
}

/* In the place of memory, too: the page that was there stays the domain's, out of its reach. */
bool svm_physmap_set(struct domain *d, gfn_t g, mfn_t m)
{
    if (g.v >> (GPA_BITS - PAGE_SHIFT) || !npt_map(d->arch.svm, g.v << PAGE_SHIFT, m))
        return false;
    svm_flush_domain(d);
    return true;
}

/* Whoever runs the domain meanwhile has left it when the flush returns, and drops its translations
 * before it enters it again. */
mfn_t svm_physmap_clear(struct domain *d, gfn_t g)
{
    struct svm_domain *sd = d->arch.svm;
    mfn_t m = INVALID_MFN;
    uint64_t *e;

    if (g.v >> (GPA_BITS - PAGE_SHIFT))
        return m;
    spin_lock(&sd->npt_lock);
    e = npt_entry(sd, g.v << PAGE_SHIFT, 1, true, NULL);
    if (e && is_memory(*e)) {
        m = virt_to_mfn(entry_table(*e));
        WRITE_ONCE(*e, 0);
    }
    spin_unlock(&sd->npt_lock);
    if (mfn_eq(m, INVALID_MFN))
        return m;
    svm_flush_domain(d);
    arch_flush_tlb_mask(~0ull);
    return m;
}
