/* SPDX-License-Identifier: MIT */
/*
 * Guest memory as the guest's own page tables map it: a walk in software, with the permission
 * checks and accessed and dirty bits of the processor's (AMD APM vol. 2, chapter 5). Nothing here
 * relies on what the TLB holds.
 */
#include "paging.h"
#include "svm_internal.h"

#define CR4_PSE  (1ul << 4)
#define CR4_LA57 (1ul << 12)
#define CR4_SMEP (1ul << 20)

#define PF_PRESENT (1u << 0)
#define PF_WRITE   (1u << 1)
#define PF_USER    (1u << 2)
#define PF_FETCH   (1u << 4)

struct walk {
    struct svm_vcpu *sv;
    uint64_t linear;
    enum gmem_access access;
    bool user;
    uint64_t rights; /* RW and US of all levels and-ed, NX or-ed */
};

/* The paging mode: number of levels, bytes per entry, index bits per level. */
struct paging_mode {
    uint8_t levels, entry_bytes, index_bits;
};

static struct paging_mode paging_mode(const struct vmcb *c)
{
    if (svm_long_mode(c))
        return (struct paging_mode){c->cr4 & CR4_LA57 ? 5 : 4, 8, 9};
    if (c->cr4 & CR4_PAE)
        return (struct paging_mode){3, 8, 9};
    return (struct paging_mode){2, 4, 10};
}

static uint64_t read_entry(const void *p, unsigned int bytes)
{
    return bytes == 8 ? READ_ONCE(*(const uint64_t *)p) : READ_ONCE(*(const uint32_t *)p);
}

/* Accessed and dirty bits share a byte pair with nothing else that we write. */
static void mark_entry(void *p, uint64_t bits)
{
    __atomic_fetch_or((uint32_t *)p, (uint32_t)bits, __ATOMIC_RELAXED);
}

static bool may_access(const struct walk *w)
{
    const struct vmcb *c = w->sv->vmcb;

    if (w->user && !(w->rights & PTE_US))
        return false;
    if (w->access == GMEM_WRITE && !(w->rights & PTE_RW) && (w->user || (c->cr0 & CR0_WP)))
        return false;
    if (w->access == GMEM_FETCH && (w->rights & PTE_NX) && (c->efer & EFER_NXE))
        return false;
    return w->access != GMEM_FETCH || w->user || !(w->rights & PTE_US) || !(c->cr4 & CR4_SMEP);
}

static bool is_large(const struct walk *w, uint64_t entry, unsigned int level,
                     struct paging_mode mode)
{
    if (!(entry & PTE_PS))
        return false;
    if (mode.levels == 2)
        return level == 2 && (w->sv->vmcb->cr4 & CR4_PSE);
    return level == 2 || level == 3;
}

/* Physical address that a leaf entry at `level` gives. */
static uint64_t leaf_address(const struct walk *w, uint64_t entry, unsigned int level,
                             struct paging_mode mode)
{
    unsigned int shift = 12 + mode.index_bits * (level - 1);
    uint64_t mask = (1ull << shift) - 1, base = entry & PTE_ADDR;

    if (mode.levels == 2 && level == 2) /* PSE-36: bits 13..20 are address bits 32..39 */
        base = (entry & 0xffc00000) | (entry >> 13 & 0xff) << 32;
    return (base & ~mask) | (w->linear & mask);
}

/* Top of the tables; in PAE mode the top level is four entries that need not be page aligned. */
static uint64_t top_table(const struct vmcb *c, struct paging_mode mode)
{
    if (mode.levels == 3)
        return c->cr3 & 0xffffffe0;
    return mode.levels == 2 ? c->cr3 & 0xfffff000 : c->cr3 & PTE_ADDR;
}

/* Guest-physical address of w->linear. False: page fault, *present says of which kind. */
static bool walk(struct walk *w, uint64_t *gpa, bool *present)
{
    const struct vmcb *c = w->sv->vmcb;
    struct paging_mode mode = paging_mode(c);
    uint64_t table = top_table(c, mode), entry = 0;

    *present = false;
    w->rights = PTE_RW | PTE_US;
    for (unsigned int level = mode.levels; level; level--) {
        unsigned int shift = 12 + mode.index_bits * (level - 1);
        uint64_t index = w->linear >> shift & ((1u << mode.index_bits) - 1);
        uint8_t *p = npt_ram(w->sv->dom, table + index * mode.entry_bytes);

        if (!p)
            return false;
        entry = read_entry(p, mode.entry_bytes);
        if (!(entry & PTE_P))
            return false;
        if (mode.levels != 3 || level != 3) { /* PAE's top entries have no rights */
            w->rights = (w->rights & (entry | PTE_NX)) | (entry & PTE_NX);
            mark_entry(p, PTE_A);
        }
        if (level > 1 && !is_large(w, entry, level, mode)) {
            table = entry & (mode.entry_bytes == 8 ? PTE_ADDR : 0xfffff000);
            continue;
        }
        *present = true;
        if (!may_access(w))
            return false;
        if (w->access == GMEM_WRITE)
            mark_entry(p, PTE_D);
        *gpa = leaf_address(w, entry, level, mode);
        return true;
    }
    return false;
}

static uint32_t fault_error(const struct walk *w, bool present)
{
    const struct vmcb *c = w->sv->vmcb;
    bool fetch_told = (c->efer & EFER_NXE) || (c->cr4 & CR4_SMEP);

    return (present ? PF_PRESENT : 0) | (w->access == GMEM_WRITE ? PF_WRITE : 0) |
           (w->user ? PF_USER : 0) | (w->access == GMEM_FETCH && fetch_told ? PF_FETCH : 0);
}

bool gmem_translate(struct svm_vcpu *sv, uint64_t linear, enum gmem_access access, bool user,
                    uint64_t *gpa, uint32_t *error)
{
    struct walk w = {.sv = sv, .linear = linear, .access = access, .user = user};
    bool present;

    if (!(sv->vmcb->cr0 & CR0_PG)) {
        *gpa = (uint32_t)linear;
        return true;
    }
    if (walk(&w, gpa, &present))
        return true;
    *error = fault_error(&w, present);
    return false;
}

void *gmem_linear(struct svm_vcpu *sv, uint64_t linear, enum gmem_access access, bool user)
{
    uint64_t gpa;
    uint32_t error;

    return gmem_translate(sv, linear, access, user, &gpa, &error) ? npt_ram(sv->dom, gpa) : NULL;
}

/* Where there is no memory reads find all ones and writes vanish. */
static void copy_page(struct svm_vcpu *sv, uint64_t gpa, void *buf, size_t n,
                      enum gmem_access access)
{
    void *p = npt_ram(sv->dom, gpa);

    if (!p && access != GMEM_WRITE)
        memset(buf, 0xff, n);
    else if (p && access == GMEM_WRITE)
        memcpy(p, buf, n);
    else if (p)
        memcpy(buf, p, n);
}

size_t gmem_copy(struct svm_vcpu *sv, uint64_t linear, void *buf, size_t n, enum gmem_access access,
                 struct gmem_fault *fault)
{
    uint8_t *b = buf;

    while (n) {
        size_t chunk = MIN(n, PAGE_SIZE - linear % PAGE_SIZE);
        uint64_t gpa;

        fault->address = linear;
        if (!gmem_translate(sv, linear, access, sv->vmcb->cpl == 3, &gpa, &fault->error))
            break;
        copy_page(sv, gpa, b, chunk, access);
        linear += chunk;
        b += chunk;
        n -= chunk;
    }
    return n;
}

size_t svm_guest_read(struct vcpu *v, void *dst, gva_t src, size_t n)
{
    struct gmem_fault fault;

    return gmem_copy(svm_vcpu_of(v), src.v, dst, n, GMEM_READ, &fault);
}

size_t svm_guest_write(struct vcpu *v, gva_t dst, const void *src, size_t n)
{
    struct gmem_fault fault;

    return gmem_copy(svm_vcpu_of(v), dst.v, (void *)src, n, GMEM_WRITE, &fault);
}
