/* SPDX-License-Identifier: MIT */
/*
 * Grant tables, version 1 (<xen/grant_table.h>): a domain lets others use single frames of its own.
 * This is what the rest of the hypervisor sees; hypercall 20 is in core/grant*.c.
 *
 * While a grant is in use its entry is pinned: GTF_reading and GTF_writing are set in the entry,
 * which tells the granting guest, and the user holds a reference (and an FT_WRITABLE type if it may
 * write) on the frame, which keeps the frame what it is even if the guest withdraws the grant,
 * gives the frame back or ends.
 *
 * For hv-stub's own back-ends, which are domain 0 to guests. None of these calls may be made with a
 * domain's lock held. Errors are GNTST_* values, negative; GNTST_okay is 0.
 */
#ifndef HV_GRANT_H
#define HV_GRANT_H

#include "hv_types.h"

#include <xen/grant_table.h>

struct domain;

/* Use grant `ref` of d until grant_hv_unmap(): *page is the whole frame, in our address space. Its
 * contents may change at any moment: read what is checked once only. */
int grant_hv_map(struct domain *d, grant_ref_t ref, bool writable, void **page);
/* With the same ref and writable as in the call that gave the page. Also after the end of d, which
 * keeps the frame until then. */
void grant_hv_unmap(struct domain *d, grant_ref_t ref, bool writable, void *page);
/* The same for less, where it is soon over: between begin, which is false for a domain that has
 * ended, and end nothing may wait. */
bool grant_hv_begin(struct domain *d);
int grant_hv_pin(struct domain *d, grant_ref_t ref, bool writable, void **page);
void grant_hv_unpin(struct domain *d, grant_ref_t ref, bool writable, void *page);
void grant_hv_end(struct domain *d);
/* One segment, which must lie in the page: GNTST_bad_copy_arg. The grant is not in use any more
 * when this returns. */
int grant_hv_read(struct domain *d, grant_ref_t ref, uint32_t offset, void *dst, uint32_t len);
int grant_hv_write(struct domain *d, grant_ref_t ref, uint32_t offset, const void *src,
                   uint32_t len);

/* A status in the place of an errno, for hv_refuse(): the status minus this. */
#define GRANT_STATUS_BASE 1000

/* ---- life of a domain's table */
int grant_create(struct domain *d);
/* Frame i of the table for add_to_physmap, which may be one more than there is: INVALID_MFN if it
 * cannot be. */
mfn_t grant_frame(struct domain *d, uint32_t i);
/* The domain has ended: no use of its frames begins any more. */
void grant_close(struct domain *d);
/* No grant of a suspended domain is there any more. 0, or -XEN_EBUSY: others use some. */
int grant_reset(struct domain *d);
/* Drop the uses it made of others' frames, a bounded number of them; true when none is left. */
bool grant_release(struct domain *d);
/* Its memory is given back: so is the table, now or when the last user is gone. */
void grant_destroy(struct domain *d);
/* Nobody uses a grant of d, which is over: grant_create() may begin anew. */
bool grant_idle(const struct domain *d);

/* ---- for domain_audit(): uses of d's frames by others. Between begin and end none comes or goes,
 * with d's lock held by the caller. */
void grant_audit_begin(struct domain *d);
void grant_audit_end(struct domain *d);
void grant_audit_walk(struct domain *d, void (*use)(mfn_t m, uint32_t refs, uint32_t types));
/* How many page-table entries of d may map frames of others? */
uint32_t grant_mappings(const struct domain *d);

#endif
