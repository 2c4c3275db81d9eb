/* SPDX-License-Identifier: MIT */
/* A guest that writes to its grant entries while they are used, on threads of their own. */
#include <pthread.h>

#include "fake_frames.h"
#include "grant.h"

#define REF    9
#define ROUNDS 100000

static struct domain *a;
static grant_entry_v1_t *e;
static mfn_t first;
static bool stop;

static uint16_t noise(uint32_t *x)
{
    *x = *x * 1103515245 + 12345;
    return (uint16_t)(*x >> 16);
}

/* Sometimes a sensible grant, sometimes anything. */
static void *flip(void *arg)
{
    uint32_t x = 1;

    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        __atomic_store_n(&e->flags, (uint16_t)(noise(&x) & 3 ? GTF_permit_access : noise(&x)),
                         __ATOMIC_RELAXED);
        __atomic_store_n(&e->domid, (domid_t)(noise(&x) & 7 ? 0 : 1), __ATOMIC_RELAXED);
        __atomic_store_n(&e->frame, (uint32_t)first.v + (noise(&x) & 31), __ATOMIC_RELAXED);
    }
    return NULL;
}

/* Several CPUs use the entry; each undoes what it did. */
static void *use(void *arg)
{
    uint64_t *ok = arg;
    char buf[16];
    void *p;

    fake_be(1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (grant_hv_map(a, REF, i & 1, &p) == GNTST_okay) {
            ++*ok;
            grant_hv_unmap(a, REF, i & 1, p);
        }
        (void)grant_hv_read(a, REF, i & 4095, buf, sizeof(buf));
        (void)grant_hv_write(a, REF, i & 4095, buf, sizeof(buf));
    }
    return NULL;
}

static void test_flipping_entries(void **state)
{
    pthread_t guest, user[2];
    uint64_t ok[2] = {0};

    world_reset(2);
    a = world_domain(1, 256);
    first = own_page(a);
    for (unsigned i = 0; i < 15; i++)
        own_page(a);
    e = (grant_entry_v1_t *)mfn_to_virt(grant_frame(a, 0)) + REF;
    stop = false;
    fake_be(0);
    assert_int_equal(pthread_create(&guest, NULL, flip, NULL), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&user[i], NULL, use, &ok[i]), 0);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(user[i], NULL);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_join(guest, NULL);
    assert_int_equal(a->grants->nr_pinned, 0);
    assert_int_equal(a->grants->in_flight, 0);
    assert_int_equal(domain_audit(a), 0);
    assert_true(ok[0] + ok[1] > 0);
}

/* The audit waits until nothing is half done, and users wait for the audit. */
static void test_audit_among_users(void **state)
{
    pthread_t user[2];
    uint64_t ok[2] = {0};
    mfn_t m;

    world_reset(2);
    a = world_domain(1, 256);
    m = own_page(a);
    e = (grant_entry_v1_t *)mfn_to_virt(grant_frame(a, 0)) + REF;
    *e = (grant_entry_v1_t){.flags = GTF_permit_access, .domid = 0, .frame = (uint32_t)m.v};
    fake_be(0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&user[i], NULL, use, &ok[i]), 0);
    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(domain_audit(a), 0);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(user[i], NULL);
    assert_int_equal(ok[0], ROUNDS);
    assert_int_equal(domain_audit(a), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flipping_entries),
        cmocka_unit_test(test_audit_among_users),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
