/* SPDX-License-Identifier: MIT */
/*
 * Granting pages to other domains: version 1 of the grant table, <xen/grant_table.h>. The library
 * knows the state of every reference; all memory is the caller's, and so is the locking.
 *
 * A grant is named by a struct pvk_grant, which says which use of a reference it belongs to. One
 * that was ended already is recognised as such, also when the reference has been given out again.
 */
#ifndef PVKIT_GRANT_H
#define PVKIT_GRANT_H

#include <pvkit/types.h>
#include <xen/grant_table.h>

#define PVK_GRANTS_PER_FRAME (PVK_PAGE_SIZE / sizeof(struct grant_entry_v1))
#define PVK_GRANT_NONE       ((struct pvk_grant){0, 0})

/* ref is what the other domain is told. PVK_GRANT_NONE never is a grant. */
struct pvk_grant {
    grant_ref_t ref;
    uint32_t use;
};

/* The library's own: per reference, caller's memory. */
struct pvk_grant_slot {
    uint32_t use;  /* odd while given out */
    uint32_t next; /* free: the next free reference, 0: none */
};

struct pvk_grants {
    struct grant_entry_v1 *table; /* shared with the hypervisor */
    struct pvk_grant_slot *slots;
    uint32_t nr, free, nr_free;
};

/*
 * Take over a table of `nr` entries, mapped at `table` in one piece, with as many `slots`. The
 * references below GNTTAB_NR_RESERVED_ENTRIES are left alone: the toolstack's are there. Of
 * the others, what a predecessor (a kernel before kexec, an unloaded module) has granted is
 * revoked; a page that another domain still uses keeps its reference, which is not given out.
 */
void pvk_grants_init(struct pvk_grants *g, struct grant_entry_v1 *table,
                     struct pvk_grant_slot *slots, uint32_t nr);

/*
 * Let `domain` use the page `frame` (machine frame of a PV guest, guest frame of an HVM guest),
 * read-only or not. -XEN_ENOSPC: no reference is left.
 */
int pvk_grant_access(struct pvk_grants *g, domid_t domain, uint64_t frame, bool readonly,
                     struct pvk_grant *out);

/* Whether the other domain uses the page now. One that is not a grant is not in use. */
bool pvk_grant_in_use(const struct pvk_grants *g, struct pvk_grant grant);

/*
 * End the grant and forget the reference. 0: nobody can reach the page through it any more.
 * -XEN_EBUSY: the other domain still uses it; the grant stands as it was, try again later and keep
 * the page until then. -XEN_EINVAL: it is not a grant, or was ended before; nothing happens.
 */
int pvk_grant_end(struct pvk_grants *g, struct pvk_grant grant);

/* Grants that were given and not ended: 0 when nothing leaks. */
uint32_t pvk_grants_held(const struct pvk_grants *g);

#endif
