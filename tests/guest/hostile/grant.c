/* SPDX-License-Identifier: MIT */
/* What the attacks by grants share, and those on the table as a whole. */
#include "grant.h"

static grant_entry_v1_t table[512] __attribute__((aligned(4096)));
volatile grant_entry_v1_t *const entry = table; /* once the real one is mapped there */
char window[2][4096] __attribute__((aligned(4096)));
int own = -1; /* our domain id; -1: the table is not set up */

long grant_op(unsigned int cmd, void *arg, unsigned int n)
{
    return pvk_raw3(__HYPERVISOR_grant_table_op, cmd, arg, n);
}

void grant_to(unsigned int ref, domid_t to, const void *page, uint16_t flags)
{
    entry[ref].frame = (uint32_t)mfn_of(page);
    entry[ref].domid = to;
    __asm__ volatile("" ::: "memory");
    entry[ref].flags = flags;
}

long grant_copy(struct gnttab_copy *c)
{
    long rc = grant_op(GNTTABOP_copy, c, 1);

    return rc ? rc : c->status;
}

struct gnttab_copy grant_own_copy(unsigned int ref, uint16_t offset, uint16_t len)
{
    struct gnttab_copy c = {.len = len, .flags = GNTCOPY_source_gref};

    c.source.u.ref = ref;
    c.source.domid = DOMID_SELF;
    c.source.offset = offset;
    c.dest.u.gmfn = mfn_of(spare_page[1]);
    c.dest.domid = DOMID_SELF;
    return c;
}

/* A grant for us can be copied from: so we learn who we are. */
static void find_own_id(void)
{
    for (int id = 0; own < 0 && id < 16; id++) {
        struct gnttab_copy c = grant_own_copy(REF, 0, 8);

        grant_to(REF, (domid_t)id, spare_page[0], GTF_permit_access);
        if (!grant_copy(&c))
            own = id;
    }
    entry[REF].flags = 0;
}

/* The table's first frame in the place of `table`. */
void grant_set_up(void)
{
    uint64_t frame[1];
    struct gnttab_setup_table s = {.dom = DOMID_SELF, .nr_frames = 1};

    if (own >= 0)
        return;
    set_xen_guest_handle(s.frame_list, frame);
    (void)grant_op(GNTTABOP_setup_table, &s, 1);
    (void)pvk_raw3(__HYPERVISOR_update_va_mapping, table, frame[0] << 12 | PTE_KERNEL, UVMF_INVLPG);
    find_own_id();
}

struct gnttab_map_grant_ref last;

long grant_map(unsigned int ref, domid_t dom, uint32_t flags, uint64_t addr)
{
    long rc;

    last = (struct gnttab_map_grant_ref){.host_addr = addr, .flags = flags, .ref = ref, .dom = dom};
    rc = grant_op(GNTTABOP_map_grant_ref, &last, 1);
    return rc ? rc : last.status;
}

long grant_map_own(unsigned int ref, uint32_t flags)
{
    return grant_map(ref, (domid_t)own, flags, (uint64_t)window[0]);
}

long grant_unmap(grant_handle_t handle, uint64_t addr, uint64_t bus)
{
    struct gnttab_unmap_grant_ref u = {.host_addr = addr, .dev_bus_addr = bus, .handle = handle};
    long rc = grant_op(GNTTABOP_unmap_grant_ref, &u, 1);

    return rc ? rc : u.status;
}

long grant_unmap_last(void)
{
    return grant_unmap(last.handle, last.host_addr, 0);
}

/* ---- before the table is set up */

static long query(domid_t dom, int what)
{
    struct gnttab_query_size q = {.dom = dom};
    long rc = grant_op(GNTTABOP_query_size, &q, 1);

    if (rc || q.status)
        return rc ? rc : q.status;
    return what == 0 ? 0 : what == 1 ? (long)q.nr_frames : (long)q.max_nr_frames;
}

static long grant_max_frames(void)
{
    return query(DOMID_SELF, 2);
}

static long grant_query_nobody(void)
{
    return query(NOBODY, 0);
}

static long version(domid_t dom)
{
    struct gnttab_get_version v = {.dom = dom};
    long rc = grant_op(GNTTABOP_get_version, &v, 1);

    return rc ? rc : (long)v.version;
}

static long grant_version_self(void)
{
    return version(DOMID_SELF);
}

static long grant_version_nobody(void)
{
    return version(NOBODY);
}

static long set_version(uint32_t n, bool answer)
{
    struct gnttab_set_version v = {.version = n};
    long rc = grant_op(GNTTABOP_set_version, &v, 1);

    return answer ? (long)v.version : rc;
}

static long grant_set_version_1(void)
{
    return set_version(1, false);
}

static long grant_set_version_2(void)
{
    return set_version(2, false);
}

static long grant_set_version_2_answer(void)
{
    return set_version(2, true);
}

static long grant_set_version_3(void)
{
    return set_version(3, false);
}

/* ---- setup_table */

static long setup(domid_t dom, uint32_t frames, uint64_t list)
{
    struct gnttab_setup_table s = {.dom = dom, .nr_frames = frames};
    long rc;

    set_xen_guest_handle(s.frame_list, (uint64_t *)list);
    rc = grant_op(GNTTABOP_setup_table, &s, 1);
    return rc ? rc : s.status;
}

static uint64_t frames[64];

static long grant_setup_none(void)
{
    return setup(DOMID_SELF, 0, (uint64_t)frames);
}

static long grant_setup_two(void)
{
    grant_set_up();
    return setup(DOMID_SELF, 2, (uint64_t)frames) ?: query(DOMID_SELF, 1);
}

static long grant_setup_many(void)
{
    return setup(DOMID_SELF, 65, (uint64_t)spare_page[0]);
}

static long grant_setup_all_bits(void)
{
    return setup(DOMID_SELF, ~0u, (uint64_t)spare_page[0]);
}

static long grant_setup_nobody(void)
{
    return setup(NOBODY, 1, (uint64_t)frames);
}

static long grant_setup_bad_list(void)
{
    return setup(DOMID_SELF, 1, HV_SPACE);
}

static long grant_setup_unmapped_list(void)
{
    return setup(DOMID_SELF, 1, UNMAPPED);
}

static long grant_setup_counts(void)
{
    struct gnttab_setup_table s = {.dom = DOMID_SELF};

    return grant_op(GNTTABOP_setup_table, &s, 2);
}

static long grant_status_frames(void)
{
    struct gnttab_get_status_frames s = {.dom = DOMID_SELF, .nr_frames = 1};
    long rc;

    set_xen_guest_handle(s.frame_list, frames);
    rc = grant_op(GNTTABOP_get_status_frames, &s, 1);
    return rc ? rc : s.status;
}

/* ---- the call itself */

static long grant_count_negative(void)
{
    return grant_op(GNTTABOP_map_grant_ref, spare_page[0], 0x80000000u);
}

static long grant_count_zero(void)
{
    return grant_op(GNTTABOP_map_grant_ref, spare_page[0], 0);
}

static long grant_unknown_op(void)
{
    return grant_op(13, spare_page[0], 1);
}

static long grant_opaque_bits(void)
{
    return grant_op(GNTTABOP_copy | 1u << 12, spare_page[0], 1);
}

static long grant_dump(void)
{
    struct gnttab_dump_table d = {.dom = DOMID_SELF};
    long rc = grant_op(GNTTABOP_dump_table, &d, 1);

    return rc ? rc : d.status;
}

static long grant_pointer_hv(void)
{
    return grant_op(GNTTABOP_map_grant_ref, (void *)HV_SPACE, 1);
}

static long grant_pointer_unmapped(void)
{
    return grant_op(GNTTABOP_unmap_grant_ref, (void *)UNMAPPED, 1);
}

static long grant_pointer_end(void) /* the last element would lie in the hypervisor's space */
{
    return grant_op(GNTTABOP_copy, (void *)(M2P_SPACE - 64), 1000);
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case grant_cases[] = {
    C(grant_max_frames),           C(grant_query_nobody),
    C(grant_set_version_1),        C(grant_version_self),
    C(grant_version_nobody),       C(grant_set_version_2),
    C(grant_set_version_2_answer), C(grant_set_version_3),
    C(grant_setup_none),           C(grant_setup_two),
    C(grant_setup_many),           C(grant_setup_all_bits),
    C(grant_setup_nobody),         C(grant_setup_bad_list),
    C(grant_setup_unmapped_list),  C(grant_setup_counts),
    C(grant_status_frames),        C(grant_count_negative),
    C(grant_count_zero),           C(grant_unknown_op),
    C(grant_opaque_bits),          C(grant_dump),
    C(grant_pointer_hv),           C(grant_pointer_unmapped),
    C(grant_pointer_end),
};
const unsigned int nr_grant_cases = ARRAY_SIZE(grant_cases);
