/* SPDX-License-Identifier: MIT */
/* Grant tables: what an entry allows, what a use does to it and to the frame, and what is left. */
#include "fake_frames.h"
#include "grant.h"

static struct domain *a, *b; /* a grants, b uses */
static grant_entry_v1_t *table;
static mfn_t page;
static uint64_t refs_before;

#define REF 9

static long op(struct domain *d, unsigned cmd, void *arg, unsigned n)
{
    world_be(d->vcpu[0]);
    fake_unmap_all();
    fake_map(arg, 65536);
    return hc_grant_table_op(cmd, U(arg), n);
}

static void grant(grant_ref_t ref, domid_t to, mfn_t m, uint16_t flags)
{
    table[ref].frame = (uint32_t)m.v;
    table[ref].domid = to;
    table[ref].flags = flags;
}

static char arg[65536 + 16] __attribute__((aligned(16)));

static int setup(void **state)
{
    struct gnttab_setup_table *s = (void *)arg;
    uint64_t *frame = (uint64_t *)(arg + 4096);

    world_reset(1);
    a = world_domain(1, 256);
    b = world_domain(1, 256);
    *s = (struct gnttab_setup_table){.dom = DOMID_SELF, .nr_frames = 1};
    set_xen_guest_handle(s->frame_list, frame);
    assert_int_equal(op(a, GNTTABOP_setup_table, s, 1), 0);
    assert_int_equal(s->status, GNTST_okay);
    table = mfn_to_virt(MFN(*frame));
    page = own_page(a);
    refs_before = frame_of(page)->refs;
    grant(REF, b->id, page, GTF_permit_access);
    return 0;
}

/* Nothing is in use any more. */
static int teardown(void **state)
{
    assert_int_equal(a->grants->nr_pinned, 0);
    assert_int_equal(a->grants->in_flight, 0);
    assert_int_equal(b->grants->nr_maps, 0);
    return 0;
}

static int map(struct domain *by, grant_ref_t ref, uint32_t flags, uint64_t at,
               grant_handle_t *handle)
{
    struct gnttab_map_grant_ref *m = (void *)arg;

    *m = (struct gnttab_map_grant_ref){.host_addr = at, .flags = flags, .ref = ref, .dom = a->id};
    assert_int_equal(op(by, GNTTABOP_map_grant_ref, m, 1), 0);
    *handle = m->handle;
    return m->status;
}

static int unmap(struct domain *by, grant_handle_t handle, uint64_t at, uint64_t bus)
{
    struct gnttab_unmap_grant_ref *u = (void *)arg;

    *u = (struct gnttab_unmap_grant_ref){.host_addr = at, .dev_bus_addr = bus, .handle = handle};
    assert_int_equal(op(by, GNTTABOP_unmap_grant_ref, u, 1), 0);
    return u->status;
}

static unsigned writers(mfn_t m)
{
    return frame_type(frame_of(m)) == FT_WRITABLE ? (unsigned)(frame_of(m)->type & FRAME_TYPE_COUNT)
                                                  : 0;
}

static void test_map_marks_and_holds(void **state)
{
    grant_handle_t h;

    assert_int_equal(map(b, REF, GNTMAP_host_map, 4096, &h), GNTST_okay);
    assert_int_equal(table[REF].flags, GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(frame_of(page)->refs, refs_before + 1);
    assert_int_equal(writers(page), 1);
    assert_int_equal(unmap(b, h, 8192, 0), GNTST_general_error); /* not there */
    assert_int_equal(unmap(b, h, 4096, 0), GNTST_okay);
    assert_true(fake_domain_flushes > 0);
    assert_int_equal(table[REF].flags, GTF_permit_access);
    assert_int_equal(frame_of(page)->refs, refs_before);
    assert_int_equal(writers(page), 0);
    assert_int_equal(unmap(b, h, 4096, 0), GNTST_bad_handle);
}

static void test_device_and_host_are_counted_apart(void **state)
{
    grant_handle_t h;

    assert_int_equal(map(b, REF, GNTMAP_host_map | GNTMAP_device_map, 4096, &h), GNTST_okay);
    assert_int_equal(frame_of(page)->refs, refs_before + 2);
    assert_int_equal(writers(page), 2);
    assert_int_equal(unmap(b, h, 4096, page.v << PAGE_SHIFT), GNTST_okay);
    assert_int_equal(frame_of(page)->refs, refs_before);
    assert_int_equal(writers(page), 0);
}

static void test_refusals_leave_nothing(void **state)
{
    static const struct {
        uint16_t flags;
        int16_t domid; /* relative to b */
        uint64_t at;
        int status;
    } cases[] = {
        {GTF_invalid, 0, 4096, GNTST_general_error},
        {GTF_accept_transfer, 0, 4096, GNTST_general_error},
        {GTF_permit_access, 1, 4096, GNTST_general_error},
        {GTF_permit_access | GTF_readonly, 0, 4096, GNTST_general_error},
        {GTF_permit_access | GTF_sub_page, 0, 4096, GNTST_general_error},
        {GTF_permit_access, 0, 1ull << 40, GNTST_general_error}, /* no such entry */
    };
    grant_handle_t h;

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        grant(REF, (domid_t)(b->id + cases[i].domid), page, cases[i].flags);
        assert_int_equal(map(b, REF, GNTMAP_host_map, cases[i].at, &h), cases[i].status);
        assert_int_equal(table[REF].flags, cases[i].flags);
        assert_int_equal(frame_of(page)->refs, refs_before);
        assert_int_equal(writers(page), 0);
    }
    grant(REF, b->id, MFN(~0u), GTF_permit_access);
    assert_int_equal(map(b, REF, GNTMAP_host_map, 4096, &h), GNTST_bad_page);
    grant(REF, b->id, own_page(b), GTF_permit_access);
    assert_int_equal(map(b, REF, GNTMAP_host_map, 4096, &h), GNTST_bad_page);
    grant(REF, b->id, a->shared_mfn, GTF_permit_access);
    assert_int_equal(map(b, REF, GNTMAP_host_map, 4096, &h), GNTST_bad_page);
    assert_int_equal(map(b, GRANT_PER_FRAME, GNTMAP_host_map, 4096, &h), GNTST_bad_gntref);
}

static void test_tables_cannot_be_written(void **state)
{
    grant_handle_t h;

    fake_use(a, page, FT_L1);
    assert_int_equal(map(b, REF, GNTMAP_host_map, 4096, &h), GNTST_general_error);
    assert_int_equal(table[REF].flags, GTF_permit_access);
    assert_int_equal(map(b, REF, GNTMAP_host_map | GNTMAP_readonly, 4096, &h), GNTST_okay);
    assert_int_equal(unmap(b, h, 4096, 0), GNTST_okay);
    fake_drop_uses();
}

static void test_pin_outlives_the_grant_and_the_page(void **state)
{
    uint64_t pages = a->tot_pages;
    void *p;

    grant(REF, 0, page, GTF_permit_access);
    assert_int_equal(grant_hv_map(a, REF, true, &p), GNTST_okay);
    assert_ptr_equal(p, mfn_to_virt(page));
    table[REF].flags = 0; /* withdrawn without looking */
    frame_release(frame_of(page));
    assert_ptr_equal(frame_of(page)->owner, a); /* still ours */
    assert_int_equal(a->tot_pages, pages);
    grant_hv_unmap(a, REF, true, p);
    assert_null(frame_of(page)->owner);
    assert_int_equal(a->tot_pages, pages - 1);
}

static void test_pin_outlives_its_domain(void **state)
{
    uint64_t free;
    void *p;

    grant(REF, 0, page, GTF_permit_access);
    assert_int_equal(grant_hv_map(a, REF, true, &p), GNTST_okay);
    free = palloc_free_frames();
    domain_shutdown(a, SHUTDOWN_poweroff);
    grant_close(a);
    assert_int_equal(domain_audit(a), 0);
    assert_true(grant_release(a));
    while (!domain_release_memory(a))
        ;
    grant_destroy(a);
    assert_int_equal(palloc_free_frames(), free);
    memset(p, 1, PAGE_SIZE);
    grant_hv_unmap(a, REF, true, p);
    assert_int_equal(palloc_free_frames(), free + 4); /* page, table, two of active entries */
    assert_int_equal(grant_hv_map(a, REF, false, &p), GNTST_bad_domain);
}

static void test_users_end_drops_pins(void **state)
{
    grant_handle_t h;

    assert_int_equal(map(b, REF, GNTMAP_device_map, 0, &h), GNTST_okay);
    assert_int_equal(domain_audit(a), 0);
    grant_close(b);
    while (!grant_release(b))
        ;
    assert_int_equal(table[REF].flags, GTF_permit_access);
    assert_int_equal(frame_of(page)->refs, refs_before);
}

static void test_audit_counts_our_mappings(void **state)
{
    void *p, *q;

    grant(REF, 0, page, GTF_permit_access);
    assert_int_equal(grant_hv_map(a, REF, true, &p), GNTST_okay);
    assert_int_equal(grant_hv_map(a, REF, false, &q), GNTST_okay);
    assert_int_equal(domain_audit(a), 0);
    assert_true(frame_get(frame_of(page), a));
    assert_int_equal(domain_audit(a), 1);
    frame_put(frame_of(page));
    grant_hv_unmap(a, REF, true, p);
    assert_int_equal(table[REF].flags, GTF_permit_access | GTF_reading);
    grant_hv_unmap(a, REF, false, q);
}

static void test_too_many_pins(void **state)
{
    void *p;
    int n = 0;

    grant(REF, 0, page, GTF_permit_access);
    while (grant_hv_map(a, REF, false, &p) == GNTST_okay)
        n++;
    assert_int_equal(n, 128);
    while (n--)
        grant_hv_unmap(a, REF, false, p);
}

static void test_hv_copies(void **state)
{
    char buf[PAGE_SIZE] = "hello", back[8];

    grant(REF, 0, page, GTF_permit_access);
    assert_int_equal(grant_hv_write(a, REF, 100, buf, 8), GNTST_okay);
    assert_int_equal(grant_hv_read(a, REF, 100, back, 8), GNTST_okay);
    assert_string_equal(back, "hello");
    assert_int_equal(grant_hv_read(a, REF, 0, buf, PAGE_SIZE), GNTST_okay);
    assert_int_equal(grant_hv_read(a, REF, 1, buf, PAGE_SIZE), GNTST_bad_copy_arg);
    assert_int_equal(grant_hv_read(a, REF, ~0u, buf, 2), GNTST_bad_copy_arg);
    assert_int_equal(table[REF].flags, GTF_permit_access);
    table[REF].flags |= GTF_readonly;
    assert_int_equal(grant_hv_write(a, REF, 0, buf, 8), GNTST_general_error);
    assert_int_equal(grant_hv_read(a, REF, 0, buf, 8), GNTST_okay);
    assert_int_equal(grant_hv_read(a, 1u << 31, 0, buf, 8), GNTST_bad_gntref);
}

static void test_copy_between_domains(void **state)
{
    struct gnttab_copy *c = (void *)arg;
    mfn_t dst = own_page(b);

    memcpy((char *)mfn_to_virt(page) + 10, "from a", 7);
    memset(c, 0, sizeof(*c));
    c->source.u.ref = REF;
    c->source.domid = a->id;
    c->source.offset = 10;
    c->dest.u.gmfn = dst.v;
    c->dest.domid = DOMID_SELF;
    c->len = 7;
    c->flags = GNTCOPY_source_gref;
    assert_int_equal(op(b, GNTTABOP_copy, c, 1), 0);
    assert_int_equal(c->status, GNTST_okay);
    assert_string_equal(mfn_to_virt(dst), "from a");
    assert_int_equal(writers(dst), 0);
    assert_int_equal(table[REF].flags, GTF_permit_access);
    c->dest.u.gmfn = page.v; /* a's page, named as if it were b's */
    assert_int_equal(op(b, GNTTABOP_copy, c, 1), 0);
    assert_int_equal(c->status, GNTST_bad_page);
    assert_int_equal(frame_of(page)->refs, refs_before);
}

static void test_transfer(void **state)
{
    struct gnttab_transfer *t = (void *)arg;
    mfn_t gift = own_page(b);
    uint64_t had = a->tot_pages;

    grant(REF, b->id, MFN(0), GTF_accept_transfer);
    *t = (struct gnttab_transfer){.mfn = gift.v, .domid = a->id, .ref = REF};
    assert_int_equal(op(b, GNTTABOP_transfer, t, 1), 0);
    assert_int_equal(t->status, GNTST_okay);
    assert_ptr_equal(frame_of(gift)->owner, a);
    assert_int_equal(a->tot_pages, had + 1);
    assert_int_equal(table[REF].frame, gift.v);
    assert_int_equal(table[REF].flags,
                     GTF_accept_transfer | GTF_transfer_committed | GTF_transfer_completed);
    assert_int_equal(domain_audit(a), 0);
    *t = (struct gnttab_transfer){.mfn = gift.v, .domid = a->id, .ref = REF};
    assert_int_equal(op(b, GNTTABOP_transfer, t, 1), 0);
    assert_int_equal(t->status, GNTST_bad_page); /* not b's any more */
    gift = own_page(b);
    a->max_pages = a->tot_pages;
    grant(REF, b->id, MFN(0), GTF_accept_transfer);
    *t = (struct gnttab_transfer){.mfn = gift.v, .domid = a->id, .ref = REF};
    assert_int_equal(op(b, GNTTABOP_transfer, t, 1), 0);
    assert_int_equal(t->status, GNTST_general_error);
    assert_null(frame_of(gift)->owner); /* lost, as the ABI says */
    assert_int_equal(table[REF].flags, GTF_accept_transfer);
}

/* Other work waits after each element. */
static void raise(void)
{
    work_raise(WORK_RESCHED);
}

static void test_long_lists_are_continued(void **state)
{
    struct gnttab_copy *c = (void *)arg;
    struct vcpu *v = b->vcpu[0];

    for (unsigned i = 0; i < 5; i++)
        c[i] = (struct gnttab_copy){.source.domid = 77, .flags = GNTCOPY_source_gref, .status = 1};
    fake_irq = raise;
    world_be(v);
    fake_unmap_all();
    fake_map(arg, sizeof(arg));
    v->regs->rip = 100;
    assert_int_equal(hc_grant_table_op(GNTTABOP_copy, U(c), 5), __HYPERVISOR_grant_table_op);
    assert_int_equal(v->regs->rip, 98);
    assert_int_equal(v->regs->rsi, U(&c[1]));
    assert_int_equal(v->regs->rdx, 4);
    assert_int_equal(c[0].status, GNTST_bad_domain);
    assert_int_equal(c[1].status, 1);
}

static void test_table_grows_to_its_limit(void **state)
{
    for (uint32_t i = 0; i < GRANT_MAX_FRAMES; i++)
        assert_false(mfn_eq(grant_frame(b, i), INVALID_MFN));
    assert_true(mfn_eq(grant_frame(b, GRANT_MAX_FRAMES), INVALID_MFN));
    assert_int_equal(frame_type(frame_of(grant_frame(b, 5))), FT_SHARED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_map_marks_and_holds),
        T(test_device_and_host_are_counted_apart),
        T(test_refusals_leave_nothing),
        T(test_tables_cannot_be_written),
        T(test_pin_outlives_the_grant_and_the_page),
        T(test_pin_outlives_its_domain),
        T(test_users_end_drops_pins),
        T(test_audit_counts_our_mappings),
        T(test_too_many_pins),
        T(test_hv_copies),
        T(test_copy_between_domains),
        T(test_transfer),
        T(test_long_lists_are_continued),
        T(test_table_grows_to_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
