/* SPDX-License-Identifier: MIT */
/* The domain's memory: memory_op, <xen/memory.h>. */
#ifndef PVKIT_HYPERCALL_MEMORY_H
#define PVKIT_HYPERCALL_MEMORY_H

#include <pvkit/arch.h>
#include <pvkit/types.h>
#include <xen/memory.h>

/* Any XENMEM_* command; `arg` is what that command's comment in <xen/memory.h> names. */
PVK_INLINE long hypercall_memory_op(unsigned int cmd, void *arg)
{
    return pvk_raw2(__HYPERVISOR_memory_op, cmd, arg);
}

/*
 * The three reservation calls on the caller itself, with `count` extents of 2^order pages.
 * `extents` is IN and OUT as each says. `flags`: XENMEMF_*, 0 for anywhere. Returns how many
 * extents were done (may be fewer than asked, down to 0), or a negative error if the request is
 * malformed.
 */
PVK_INLINE long hypercall_memory_reservation(unsigned int cmd, xen_pfn_t *extents,
                                             unsigned long count, unsigned int order,
                                             unsigned int flags)
{
    struct xen_memory_reservation r = {
        .nr_extents = count, .extent_order = order, .mem_flags = flags, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, extents);
    return hypercall_memory_op(cmd, &r);
}

/* Get more machine memory: OUT extents = first machine frame of each. NULL: do not report. */
PVK_INLINE long hypercall_increase_reservation(xen_pfn_t *extents, unsigned long count,
                                               unsigned int order, unsigned int flags)
{
    return hypercall_memory_reservation(XENMEM_increase_reservation, extents, count, order, flags);
}

/* Give memory back: IN extents = first frame of each, no longer mapped or referenced. */
PVK_INLINE long hypercall_decrease_reservation(xen_pfn_t *extents, unsigned long count,
                                               unsigned int order)
{
    return hypercall_memory_reservation(XENMEM_decrease_reservation, extents, count, order, 0);
}

/* Fill holes: IN extents = first pfn of each, OUT = the machine frames now there (M2P is set). */
PVK_INLINE long hypercall_populate_physmap(xen_pfn_t *extents, unsigned long count,
                                           unsigned int order, unsigned int flags)
{
    return hypercall_memory_reservation(XENMEM_populate_physmap, extents, count, order, flags);
}

/*
 * Trade frames, e.g. single pages for a machine-contiguous run below an address limit. PV only.
 * in.nr_extents << in.extent_order must equal the same of out; in.extent_start lists machine
 * frames, out.extent_start pfns on the way in and machine frames on the way out. nr_exchanged must
 * be 0 on entry and counts the input extents traded, on failure too.
 */
PVK_INLINE int hypercall_memory_exchange(struct xen_memory_exchange *exchange)
{
    return (int)hypercall_memory_op(XENMEM_exchange, exchange);
}

/* Highest machine frame of RAM in the machine. */
PVK_INLINE long hypercall_maximum_ram_page(void)
{
    return hypercall_memory_op(XENMEM_maximum_ram_page, NULL);
}

/* Pages the domain has now. */
PVK_INLINE long hypercall_current_reservation(domid_t domain)
{
    struct xen_memory_domain d = {.domid = domain};

    return hypercall_memory_op(XENMEM_current_reservation, &d);
}

/* Pages the domain may have. */
PVK_INLINE long hypercall_maximum_reservation(domid_t domain)
{
    struct xen_memory_domain d = {.domid = domain};

    return hypercall_memory_op(XENMEM_maximum_reservation, &d);
}

/* Highest guest frame in use by the domain. */
PVK_INLINE long hypercall_maximum_gpfn(domid_t domain)
{
    struct xen_memory_domain d = {.domid = domain};

    return hypercall_memory_op(XENMEM_maximum_gpfn, &d);
}

/* XENMEM_memory_map or XENMEM_machine_memory_map into `*count` entries; see the two below. */
PVK_INLINE int hypercall_memory_map_op(unsigned int cmd, void *entries, unsigned int *count)
{
    struct xen_memory_map map = {.nr_entries = *count};
    int rc;

    set_xen_guest_handle(map.buffer, entries);
    rc = (int)hypercall_memory_op(cmd, &map);
    if (!rc)
        *count = map.nr_entries;
    return rc;
}

/*
 * The pseudo-physical memory map the domain started with, as 20-byte BIOS E820 entries (u64 start,
 * u64 size, u32 type). `*count`: room on entry, number stored on success. -XEN_ENOSYS: the
 * toolstack set none (then memory is one region from 0).
 */
PVK_INLINE int hypercall_memory_map(void *entries, unsigned int *count)
{
    return hypercall_memory_map_op(XENMEM_memory_map, entries, count);
}

/* The machine's own map, same format; for the privileged domain. */
PVK_INLINE int hypercall_machine_memory_map(void *entries, unsigned int *count)
{
    return hypercall_memory_map_op(XENMEM_machine_memory_map, entries, count);
}

/* Where the machine-to-physical table is mapped, and the highest frame it can be asked about. */
PVK_INLINE int hypercall_machphys_mapping(struct xen_machphys_mapping *out)
{
    return (int)hypercall_memory_op(XENMEM_machphys_mapping, out);
}

/*
 * Machine frames of the 2 MiB extents that make up the machine-to-physical table. `*count`: room
 * in `frames` on entry, number written on success.
 */
PVK_INLINE int hypercall_machphys_mfn_list(xen_pfn_t *frames, unsigned int *count)
{
    struct xen_machphys_mfn_list list = {.max_extents = *count};
    int rc;

    set_xen_guest_handle(list.extent_start, frames);
    rc = (int)hypercall_memory_op(XENMEM_machphys_mfn_list, &list);
    if (!rc)
        *count = list.nr_extents;
    return rc;
}

/*
 * Make a page of `space` (XENMAPSPACE_*, page `index` of it) appear at guest frame `gpfn` of the
 * caller; what was there is unmapped. HVM guests get their shared_info page this way; a PV guest
 * is refused.
 */
PVK_INLINE int hypercall_add_to_physmap(unsigned int space, unsigned long index, xen_pfn_t gpfn)
{
    struct xen_add_to_physmap map = {
        .domid = DOMID_SELF, .space = space, .idx = index, .gpfn = gpfn};

    return (int)hypercall_memory_op(XENMEM_add_to_physmap, &map);
}

/* Unmap guest frame `gpfn` of the caller. HVM guests only. */
PVK_INLINE int hypercall_remove_from_physmap(xen_pfn_t gpfn)
{
    struct xen_remove_from_physmap unmap = {.domid = DOMID_SELF, .gpfn = gpfn};

    return (int)hypercall_memory_op(XENMEM_remove_from_physmap, &unmap);
}

#endif
