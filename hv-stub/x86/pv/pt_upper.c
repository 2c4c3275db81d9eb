/* SPDX-License-Identifier: MIT */
/*
 * What entries of L2..L4 tables refer to: a table of the level below; or, for a linear page table,
 * which guests use to see their own tables, one of the same level, read-only. A table that has
 * linear entries cannot be the target of another's, so that there are no loops of references; an
 * entry that refers to its own table takes none.
 */
#include "mm.h"

static enum frame_type type_of(unsigned level)
{
    return (enum frame_type)(FT_L1 + level - 1);
}

static int get_table(struct domain *d, struct frame *f, enum frame_type t, bool preemptible)
{
    int rc;

    if (!frame_get(f, d))
        return -XEN_EINVAL;
    rc = preemptible ? frame_get_type_preemptible(f, t) : frame_get_type(f, t);
    if (rc)
        frame_put(f);
    return rc;
}

/* Is it a table of this level whose contents were checked? */
static bool is_valid_table(const struct frame *f, enum frame_type t)
{
    return frame_type(f) == t && (READ_ONCE(f->type) & FRAME_TYPE_VALID);
}

static bool get_linear(struct domain *d, struct frame *table, struct frame *to, unsigned level)
{
    enum frame_type t = type_of(level);

    if (table->linear < 0 || to->linear > 0 || to->linear == INT16_MIN)
        return false;
    if (!is_valid_table(to, t) || frame_get_and_type(to, d, t))
        return false;
    table->linear++;
    to->linear--;
    return true;
}

long pt_upper_get(struct domain *d, unsigned level, mfn_t table, uint64_t e, bool preemptible)
{
    mfn_t m = pte_mfn(e);
    int rc;

    if (e & PT_UPPER_REFUSED)
        return hv_refuse(-XEN_EINVAL, "L%u entry %#llx has bits a domain may not set", level,
                         (unsigned long long)e);
    if (mfn_eq(m, table)) {
        if (e & PTE_RW)
            return hv_refuse(-XEN_EINVAL, "L%u table maps itself writable", level);
        return 0;
    }
    if (!mfn_valid(m))
        return hv_refuse(-XEN_EINVAL, "L%u entry %#llx: no RAM there", level,
                         (unsigned long long)e);
    rc = get_table(d, frame_of(m), type_of(level - 1), preemptible);
    if (likely(!rc || rc == -HV_ERESTART))
        return rc;
    if (rc == -XEN_EINVAL && !(e & PTE_RW) && get_linear(d, frame_of(table), frame_of(m), level))
        return 0;
    return hv_refuse_frame(rc, m, "L%u entry: not usable as L%u table", level, level - 1);
}

void pt_upper_put(unsigned level, mfn_t table, uint64_t e)
{
    struct frame *f = frame_of(pte_mfn(e));

    if (mfn_eq(pte_mfn(e), table))
        return;
    if (frame_type(f) == type_of(level)) {
        frame_of(table)->linear--;
        f->linear++;
    }
    frame_put_and_type(f);
}
