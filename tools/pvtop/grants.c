/* SPDX-License-Identifier: MIT */
#include "collect.h"

#include <sys/mman.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>

#define FRAME 4096ul

/* The domain changes the entries meanwhile: each is read once. */
static uint16_t read_once(const uint16_t *p)
{
    return *(const volatile uint16_t *)p;
}

void grants_count_v1(const grant_entry_v1_t *e, size_t n, struct domain *d)
{
    d->granted = d->grants_in_use = 0;
    for (size_t i = GNTTAB_NR_RESERVED_ENTRIES; i < n; i++) {
        uint16_t flags = read_once(&e[i].flags);

        d->granted += (flags & GTF_type_mask) != GTF_invalid;
        d->grants_in_use += (flags & (GTF_reading | GTF_writing)) != 0;
    }
}

/* In version 2 the uses are in frames of their own. */
static void count_v2(const grant_entry_v2_t *e, const uint16_t *status, size_t n, struct domain *d)
{
    d->granted = d->grants_in_use = 0;
    for (size_t i = GNTTAB_NR_RESERVED_ENTRIES; i < n; i++) {
        d->granted += (read_once(&e[i].hdr.flags) & GTF_type_mask) != GTF_invalid;
        d->grants_in_use += (read_once(&status[i]) & (GTF_reading | GTF_writing)) != 0;
    }
}

static xenforeignmemory_resource_handle *map(xenforeignmemory_handle *fmem, const struct domain *d,
                                             unsigned int what, unsigned long frames, void **at)
{
    *at = NULL;
    return xenforeignmemory_map_resource(fmem, (domid_t)d->id, XENMEM_resource_grant_table, what, 0,
                                         frames, at, PROT_READ, 0);
}

static void read_v1(xenforeignmemory_handle *fmem, struct domain *d)
{
    unsigned long frames = (unsigned long)d->grant_frames;
    void *table;
    xenforeignmemory_resource_handle *r =
        map(fmem, d, XENMEM_resource_grant_table_id_shared, frames, &table);

    if (!r)
        return;
    grants_count_v1(table, frames * FRAME / sizeof(grant_entry_v1_t), d);
    xenforeignmemory_unmap_resource(fmem, r);
}

static void read_v2(xenforeignmemory_handle *fmem, struct domain *d)
{
    unsigned long frames = (unsigned long)d->grant_frames;
    size_t n = frames * FRAME / sizeof(grant_entry_v2_t);
    unsigned long more = (n * sizeof(uint16_t) + FRAME - 1) / FRAME;
    void *table, *status;
    xenforeignmemory_resource_handle *r, *s;

    r = map(fmem, d, XENMEM_resource_grant_table_id_shared, frames, &table);
    if (!r)
        return;
    s = map(fmem, d, XENMEM_resource_grant_table_id_status, more, &status);
    if (s) {
        count_v2(table, status, n, d);
        xenforeignmemory_unmap_resource(fmem, s);
    }
    xenforeignmemory_unmap_resource(fmem, r);
}

void grants_read(xc_interface *xch, xenforeignmemory_handle *fmem, struct domain *d)
{
    struct gnttab_query_size size = {.dom = (domid_t)d->id};
    int version;

    if (xc_gnttab_query_size(xch, &size) || size.status != GNTST_okay)
        return;
    d->grant_frames = size.nr_frames;
    d->max_grant_frames = size.max_nr_frames;
    if (d->grants_in_use != UNKNOWN || !fmem || !size.nr_frames)
        return; /* hv-stub counts them */
    version = xc_gnttab_get_version(xch, d->id);
    if (version == 1)
        read_v1(fmem, d);
    else if (version == 2)
        read_v2(fmem, d);
}
