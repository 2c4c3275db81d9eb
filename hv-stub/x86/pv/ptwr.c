/* SPDX-License-Identifier: MIT */
/*
 * "Writable page tables": a guest that asked for it (VMASST_TYPE_writable_pagetables) may store
 * into its L1 tables as if they were writable. The store faults, because they are not; it is
 * decoded, carried out on a copy of the entry, and the result goes the way of every other update.
 */
#include "guest_word.h"
#include "mm.h"
#include "pt_l1.h"
#include "ptwr.h"
#include "pv.h"

static uint64_t mask_of(unsigned size)
{
    return size == 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

/* The entry at va, which is one of the guest's, in an L1 table of the domain that is mapped
 * read-only there; NULL if something else is. The domain's lock is held. */
static inline uint64_t *slot_at(struct vcpu *v, uint64_t va, struct frame **table)
{
    const uint64_t *map = pt_find_l1(v->arch.pv.root_kernel, va);
    uint64_t e;
    mfn_t m;

    if (!map || frame_type(frame_of(virt_to_mfn(map))) != FT_L1)
        return NULL;
    e = READ_ONCE(map[pt_index(va, 1)]);
    m = pte_mfn(e);
    if ((e & (PTE_P | PTE_RW)) != PTE_P || !mfn_valid(m))
        return NULL;
    *table = frame_of(m);
    if (!pt_is_l1_of(*table, v->domain))
        return NULL;
    return (uint64_t *)((char *)mfn_to_virt(m) + (va & 0xff8));
}

/* The operand lies in one entry; put it there, checked. The processor may set accessed and dirty
 * bits meanwhile (-XEN_EAGAIN): the guest's exchange must not lose them. */
static long write_entry(struct vcpu *v, struct ptwr *w)
{
    unsigned shift = (unsigned)(w->address & 7) * 8;
    uint64_t old, field = mask_of(w->size) << shift;
    struct frame *table;
    uint64_t *slot = slot_at(v, w->address, &table);

    if (!slot)
        return -XEN_EINVAL;
    old = READ_ONCE(*slot);
    w->old = old >> shift & mask_of(w->size);
    if (!ptwr_execute(w, v->regs))
        return -XEN_EINVAL;
    return pt_exchange_l1(v->domain, table, slot, old,
                          (old & ~field) | ((w->new << shift) & field));
}

static inline bool is_table_at(struct vcpu *v, uint64_t va)
{
    struct frame *table;
    bool yes;

    spin_lock(&v->domain->lock);
    yes = slot_at(v, va, &table);
    spin_unlock(&v->domain->lock);
    return yes;
}

/* Any of the instructions that ptwr_insn.c knows. */
static bool __attribute__((noinline, cold))
any_store(struct vcpu *v, uint64_t va, struct cpu_user_regs *r)
{
    struct domain *d = v->domain;
    struct ptwr w = {0};
    long rc;

    if (!is_table_at(v, va) || !ptwr_decode(v, &w))
        return false;
    if (w.address != va || (va & (w.size - 1))) /* an entry at a time, or part of one */
        return false;
    spin_lock(&d->lock);
    rc = write_entry(v, &w);
    spin_unlock(&d->lock);
    if (!rc)
        ptwr_retire(&w, r);
    return !rc || rc == -XEN_EAGAIN; /* as if nothing had happened: it faults and tries again */
}

/*
 * What kernels do mostly, "mov %reg, (%reg)" or "xchg %reg, (%reg)" with a whole entry: REX.W,
 * opcode, and a ModRM byte without displacement or SIB. So many bytes long; 0: something else.
 */
#define XCHG_CODE 0x008748u
#define MOV_CODE  0x008948u
#define CODE_MASK 0xc0fff8u
static inline unsigned quick_decode(const struct vcpu *v, struct cpu_user_regs *r, uint64_t va,
                                    bool *xchg, uint64_t **reg)
{
    uint64_t code;

    if (!insn_is64(v, r->cs) || !guest_range_ok(r->rip, sizeof(code)) || !guest_get(r->rip, &code))
        return 0;
    *xchg = (code & CODE_MASK) == XCHG_CODE;
    if ((!*xchg && (code & CODE_MASK) != MOV_CODE) || (code >> 16 & 6) == 4)
        return 0;
    *reg = insn_reg(r, (code >> 19 & 7) | (code & 4) << 1);
    return *insn_reg(r, (code >> 16 & 7) | (code & 1) << 3) == va && !(va & 7) ? 3 : 0;
}

/* The entry is taken away, if it still is old; as pt_exchange_l1(). */
static inline long clear(struct domain *d, uint64_t *slot, uint64_t old, uint64_t new)
{
    uint64_t now = old;

    if (unlikely(!__atomic_compare_exchange_n(slot, &now, new, false, __ATOMIC_SEQ_CST,
                                              __ATOMIC_SEQ_CST)))
        return -XEN_EAGAIN;
    if (likely(old & PTE_P))
        pt_l1_put(d, old);
    return 0;
}

bool pv_ptwr_fault(struct vcpu *v, uint64_t va, struct cpu_user_regs *r)
{
    struct domain *d = v->domain;
    uint64_t old, *slot, *reg;
    struct frame *table;
    unsigned len;
    bool xchg;
    long rc = -XEN_EINVAL;

    if (!(d->vm_assist & (1ul << VMASST_TYPE_writable_pagetables)))
        return false;
    len = quick_decode(v, r, va, &xchg, &reg);
    if (unlikely(!len))
        return any_store(v, va, r);
    spin_lock(&d->lock);
    slot = slot_at(v, va, &table);
    if (likely(slot)) {
        old = READ_ONCE(*slot);
        rc = *reg & PTE_P ? pt_exchange_l1(d, table, slot, old, *reg) : clear(d, slot, old, *reg);
    }
    spin_unlock(&d->lock);
    if (unlikely(rc))
        return rc == -XEN_EAGAIN; /* as above */
    if (xchg)
        *reg = old;
    r->rip += len;
    return true;
}
