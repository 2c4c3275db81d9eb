/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor sets GTF_reading and GTF_writing in an entry while it is used, by compare-and-swap
 * against the rest of the flags; so the guest may take the permission away only in one step with
 * seeing that neither is set.
 */
#include <pvkit/grant.h>

#define IN_USE (GTF_reading | GTF_writing)

/* Take all access away in one step. False: somebody uses it now. */
static bool revoke(struct grant_entry_v1 *e)
{
    uint16_t flags = __atomic_load_n(&e->flags, __ATOMIC_RELAXED);

    do {
        if (!flags)
            return true;
        if (flags & IN_USE)
            return false;
    } while (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_RELAXED));
    return true;
}

void pvk_grants_init(struct pvk_grants *g, struct grant_entry_v1 *table,
                     struct pvk_grant_slot *slots, uint32_t nr)
{
    *g = (struct pvk_grants){.table = table, .slots = slots, .nr = nr};
    for (uint32_t ref = nr; ref-- > GNTTAB_NR_RESERVED_ENTRIES;) {
        slots[ref] = (struct pvk_grant_slot){.next = g->free};
        if (!revoke(&table[ref]))
            continue; /* a predecessor's, and not to be had back */
        g->free = ref;
        g->nr_free++;
    }
}

int pvk_grant_access(struct pvk_grants *g, domid_t domain, uint64_t frame, bool readonly,
                     struct pvk_grant *out)
{
    uint32_t ref = g->free;
    struct grant_entry_v1 *e = &g->table[ref];

    if (frame != (uint32_t)frame)
        return -XEN_EINVAL;
    if (!ref)
        return -XEN_ENOSPC;
    g->free = g->slots[ref].next;
    g->nr_free--;
    *out = (struct pvk_grant){ref, ++g->slots[ref].use};
    e->frame = (uint32_t)frame;
    e->domid = domain;
    /* From here on the other domain may use it: all else is in place before. */
    __atomic_store_n(&e->flags, (uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0)),
                     __ATOMIC_RELEASE);
    return 0;
}

static bool is_held(const struct pvk_grants *g, struct pvk_grant grant)
{
    return grant.ref >= GNTTAB_NR_RESERVED_ENTRIES && grant.ref < g->nr && (grant.use & 1) &&
           g->slots[grant.ref].use == grant.use;
}

bool pvk_grant_in_use(const struct pvk_grants *g, struct pvk_grant grant)
{
    return is_held(g, grant) &&
           (__atomic_load_n(&g->table[grant.ref].flags, __ATOMIC_ACQUIRE) & IN_USE);
}

int pvk_grant_end(struct pvk_grants *g, struct pvk_grant grant)
{
    if (!is_held(g, grant))
        return -XEN_EINVAL;
    if (!revoke(&g->table[grant.ref]))
        return -XEN_EBUSY;
    g->slots[grant.ref].use++;
    g->slots[grant.ref].next = g->free;
    g->free = grant.ref;
    g->nr_free++;
    return 0;
}

uint32_t pvk_grants_held(const struct pvk_grants *g)
{
    uint32_t all = g->nr > GNTTAB_NR_RESERVED_ENTRIES ? g->nr - GNTTAB_NR_RESERVED_ENTRIES : 0;

    return all - g->nr_free;
}
