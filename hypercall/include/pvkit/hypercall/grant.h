/* SPDX-License-Identifier: MIT */
/*
 * Grant tables: grant_table_op, <xen/grant_table.h>. Lists are worked through in order; each
 * element has a status of its own (GNTST_*, 0 or negative), so 0 from a list operation only says
 * that all elements were looked at. <pvkit/grant.h> gives out grant references.
 */
#ifndef PVKIT_HYPERCALL_GRANT_H
#define PVKIT_HYPERCALL_GRANT_H

#include <pvkit/xen.h>
#include <pvkit/arch.h>
#include <xen/grant_table.h>

/* Any GNTTABOP_* command with `n` elements of its structure. */
PVK_INLINE int hypercall_grant_table_op(unsigned int cmd, void *list, unsigned int n)
{
    return (int)pvk_raw3(__HYPERVISOR_grant_table_op, cmd, list, n);
}

/*
 * Give the own table at least `nr_frames` frames; their numbers go to `frames`. The hypercall's
 * result, or the GNTST_* status: GNTST_general_error when that is more than the limit.
 */
PVK_INLINE int hypercall_gnttab_setup_table(uint32_t nr_frames, xen_pfn_t *frames)
{
    struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = nr_frames};
    int rc;

    set_xen_guest_handle(op.frame_list, frames);
    rc = hypercall_grant_table_op(GNTTABOP_setup_table, &op, 1);
    return rc ? rc : op.status;
}

/* Frames that the own table has, and may have. Results as above. */
PVK_INLINE int hypercall_gnttab_query_size(uint32_t *nr_frames, uint32_t *max_nr_frames)
{
    struct gnttab_query_size op = {.dom = DOMID_SELF};
    int rc = hypercall_grant_table_op(GNTTABOP_query_size, &op, 1);

    if (rc || op.status)
        return rc ? rc : op.status;
    *nr_frames = op.nr_frames;
    *max_nr_frames = op.max_nr_frames;
    return 0;
}

/* Version of the own table's entries from now on. -XEN_ENOSYS: only version 1 is offered. */
PVK_INLINE int hypercall_gnttab_set_version(uint32_t version)
{
    struct gnttab_set_version op = {.version = version};

    return hypercall_grant_table_op(GNTTABOP_set_version, &op, 1);
}

/* Map grants of other domains; statuses, handles and bus addresses are OUT. */
PVK_INLINE int hypercall_gnttab_map(struct gnttab_map_grant_ref *list, unsigned int n)
{
    return hypercall_grant_table_op(GNTTABOP_map_grant_ref, list, n);
}

/* Undo mappings; no processor can use them any more afterwards. */
PVK_INLINE int hypercall_gnttab_unmap(struct gnttab_unmap_grant_ref *list, unsigned int n)
{
    return hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, list, n);
}

/* Copy within pages; either side by grant or, if it is the caller's own, by frame. */
PVK_INLINE int hypercall_gnttab_copy(struct gnttab_copy *list, unsigned int n)
{
    return hypercall_grant_table_op(GNTTABOP_copy, list, n);
}

#endif
