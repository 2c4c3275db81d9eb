/* SPDX-License-Identifier: MIT */
/*
 * Events by queues: what a guest is asked for, what it then finds in its pages, and what it can
 * spoil there. The guest's half of the protocol is played as the ABI describes it.
 */
#include <pthread.h>
#include <stdlib.h>

#include "unit.h"
#include "evtchn.h"

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED  (1u << EVTCHN_FIFO_MASKED)
#define LINKED  (1u << EVTCHN_FIFO_LINKED)

#define LAST_RAM_FRAME (FAKE_RAM_FRAMES - 1)

static struct domain *a, *b;

/* The guest's side of domain a. */
static struct evtchn_fifo_control_block *block[2];
static event_word_t *words; /* of the first 1024 ports */
static evtchn_port_t heads[2][EVTCHN_FIFO_MAX_QUEUES];

static int setup(void **state)
{
    world_reset(1);
    a = world_domain(2, 256);
    b = world_domain(1, 256);
    world_be(a->vcpu[0]);
    memset(heads, 0, sizeof(heads));
    return 0;
}

static long op(uint32_t cmd, void *arg, size_t n)
{
    fake_unmap_all();
    fake_map(arg, n);
    return hc_event_channel_op(cmd, U(arg));
}
#define OP(cmd, arg) op(EVTCHNOP_##cmd, &(arg), sizeof(arg))

static long init_control(uint64_t gfn, uint32_t offset, uint32_t vcpu)
{
    struct evtchn_init_control i = {.control_gfn = gfn, .offset = offset, .vcpu = vcpu};
    long rc = OP(init_control, i);

    if (!rc)
        assert_int_equal(i.link_bits, EVTCHN_FIFO_LINK_BITS);
    return rc;
}

static long expand_array(uint64_t gfn)
{
    struct evtchn_expand_array e = {.array_gfn = gfn};

    return OP(expand_array, e);
}

static long set_priority(evtchn_port_t port, uint32_t priority)
{
    struct evtchn_set_priority p = {.port = port, .priority = priority};

    return OP(set_priority, p);
}

static event_word_t *give_words(void)
{
    mfn_t m = stub_page(a);

    assert_int_equal(expand_array(m.v), 0);
    return mfn_to_virt(m);
}

/* Two vcpus, as a guest begins. */
static void begin(void)
{
    for (uint32_t i = 0; i < 2; i++) {
        mfn_t m = stub_page(a);

        assert_int_equal(init_control(m.v, 64 * i, i), 0);
        block[i] = (void *)((char *)mfn_to_virt(m) + 64 * i);
    }
    words = give_words();
}

static evtchn_port_t bind_ipi(uint32_t vcpu)
{
    struct evtchn_bind_ipi i = {.vcpu = vcpu};

    assert_int_equal(OP(bind_ipi, i), 0);
    return i.port;
}

static evtchn_port_t unbound(void)
{
    struct evtchn_alloc_unbound u = {.dom = DOMID_SELF, .remote_dom = b->id};

    assert_int_equal(OP(alloc_unbound, u), 0);
    return u.port;
}

static long send(evtchn_port_t port)
{
    struct evtchn_send s = {.port = port};

    return OP(send, s);
}

static long close_port(evtchn_port_t port)
{
    struct evtchn_close c = {.port = port};

    return OP(close, c);
}

static bool upcall(uint32_t vcpu)
{
    return __atomic_exchange_n(&a->shared->vcpu_info[vcpu].evtchn_upcall_pending, 0,
                               __ATOMIC_SEQ_CST);
}

/* Unlink a word: the port behind it. */
static evtchn_port_t unlink_word(event_word_t *w)
{
    event_word_t old = READ_ONCE(*w);

    while (!__atomic_compare_exchange_n(w, &old, old & ~(LINKED | EVTCHN_FIFO_LINK_MASK), false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
    return old & EVTCHN_FIFO_LINK_MASK;
}

/* The guest takes the next event of this vcpu: its port; 0 if there is none, or nothing was pending
 * in what was queued. */
static evtchn_port_t take(uint32_t vcpu)
{
    struct evtchn_fifo_control_block *c = block[vcpu];
    static uint32_t ready[2];
    uint32_t q;
    evtchn_port_t port;

    ready[vcpu] |= __atomic_exchange_n(&c->ready, 0, __ATOMIC_SEQ_CST);
    if (!ready[vcpu])
        return 0;
    q = (uint32_t)__builtin_ctz(ready[vcpu]);
    port = heads[vcpu][q] ? heads[vcpu][q] : READ_ONCE(c->head[q]);
    heads[vcpu][q] = unlink_word(&words[port]);
    if (!heads[vcpu][q])
        ready[vcpu] &= ~(1u << q);
    if (READ_ONCE(words[port]) & MASKED)
        return 0;
    return __atomic_fetch_and(&words[port], ~PENDING, __ATOMIC_SEQ_CST) & PENDING ? port : 0;
}

/* ---- giving memory */

static void test_errors(void **state)
{
    mfn_t page = stub_page(a), foreign = stub_page(b), table = stub_page(a);
    evtchn_port_t port = unbound();

    frame_of(table)->type = (uint64_t)FT_L1 << FRAME_TYPE_SHIFT;
    assert_int_equal(expand_array(page.v), -XEN_EOPNOTSUPP);
    assert_int_equal(set_priority(port, 0), -XEN_ENOSYS);
    assert_int_equal(set_priority(5000, 0), -XEN_EINVAL);
    assert_int_equal(init_control(page.v, 0, 2), -XEN_ENOENT);
    assert_int_equal(init_control(page.v, 4, 0), -XEN_EINVAL);
    assert_int_equal(init_control(page.v, PAGE_SIZE - 64, 0), -XEN_EINVAL);
    assert_int_equal(init_control(page.v, ~7u, 0), -XEN_EINVAL);
    assert_int_equal(init_control(foreign.v, 0, 0), -XEN_EINVAL);
    assert_int_equal(init_control(table.v, 0, 0), -XEN_EINVAL);
    assert_int_equal(init_control(LAST_RAM_FRAME + 1, 0, 0), -XEN_EINVAL);
    assert_int_equal(init_control(~0ull, 0, 0), -XEN_EINVAL);
    assert_null(a->evtchn_fifo);
    assert_int_equal(stub_refs, 0);

    assert_int_equal(init_control(page.v, PAGE_SIZE - 72, 1), 0);
    assert_int_equal(init_control(page.v, 0, 1), -XEN_EINVAL); /* has one */
    assert_int_equal(stub_refs, 1);
    assert_int_equal(expand_array(foreign.v), -XEN_EINVAL);
    assert_int_equal(expand_array(table.v), -XEN_EINVAL);
    assert_int_equal(expand_array(~0ull), -XEN_EINVAL);
    assert_int_equal(set_priority(port, 15), 0);
    assert_int_equal(set_priority(port, 16), -XEN_EINVAL);
    assert_int_equal(set_priority(5000, 15), -XEN_EINVAL);
    assert_int_equal(stub_refs, 1);
}

static void test_128_pages_and_no_more(void **state)
{
    mfn_t page = stub_page(a);

    assert_int_equal(init_control(page.v, 0, 0), 0);
    for (int i = 0; i < 128; i++)
        assert_int_equal(expand_array(page.v), 0);
    assert_int_equal(expand_array(page.v), -XEN_ENOSPC);
    assert_int_equal(expand_array(~0ull), -XEN_ENOSPC);
    assert_int_equal(stub_refs, 129);
}

static void test_reset_gives_everything_back(void **state)
{
    struct evtchn_reset r = {.dom = DOMID_SELF};
    evtchn_port_t p;

    begin();
    assert_int_equal(stub_refs, 3);
    p = bind_ipi(0);
    assert_int_equal(OP(reset, r), 0);
    assert_int_equal(stub_refs, 0);
    assert_int_equal(send(p), -XEN_EINVAL);
    p = bind_ipi(0);
    assert_int_equal(send(p), 0);
    assert_int_equal(a->shared->evtchn_pending[0], 1ull << p);
    begin(); /* and again */
    assert_int_equal(stub_refs, 3);
    evtchn_destroy(a);
    assert_int_equal(stub_refs, 0);
}

/* ---- delivery */

static void test_queue_and_order(void **state)
{
    evtchn_port_t p[3];

    begin();
    for (int i = 0; i < 3; i++)
        p[i] = bind_ipi(1);
    assert_int_equal(send(p[2]), 0);
    assert_int_equal(words[p[2]], PENDING | LINKED);
    assert_int_equal(block[1]->head[EVTCHN_FIFO_PRIORITY_DEFAULT], p[2]);
    assert_int_equal(block[1]->ready, 1u << EVTCHN_FIFO_PRIORITY_DEFAULT);
    assert_true(upcall(1));
    assert_int_equal(send(p[0]), 0);
    assert_int_equal(words[p[2]], PENDING | LINKED | p[0]);
    assert_int_equal(send(p[2]), 0); /* again: it is queued already */
    assert_int_equal(send(p[1]), 0);
    assert_false(upcall(1)); /* the queue was not empty */
    assert_int_equal(take(1), p[2]);
    assert_int_equal(send(p[2]), 0); /* to the end of the queue */
    assert_int_equal(take(1), p[0]);
    assert_int_equal(take(1), p[1]);
    assert_int_equal(take(1), p[2]);
    assert_int_equal(take(1), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(words[p[i]], 0);
}

static void test_priorities(void **state)
{
    evtchn_port_t low, high;

    begin();
    low = bind_ipi(0);
    high = bind_ipi(0);
    assert_int_equal(set_priority(low, EVTCHN_FIFO_PRIORITY_MIN), 0);
    assert_int_equal(set_priority(high, EVTCHN_FIFO_PRIORITY_MAX), 0);
    assert_int_equal(send(low), 0);
    assert_true(upcall(0));
    assert_int_equal(send(high), 0);
    assert_true(upcall(0));
    assert_int_equal(block[0]->ready, 0x8001);
    assert_int_equal(take(0), high);
    assert_int_equal(take(0), low);
    /* The next one of a queue that is linked on its old one: that one, then the new one. */
    assert_int_equal(send(low), 0);
    assert_int_equal(set_priority(low, 3), 0);
    assert_int_equal(take(0), low);
    assert_int_equal(send(low), 0);
    assert_int_equal(block[0]->ready, 1u << 3);
    assert_int_equal(take(0), low);
}

static void test_masked_is_queued_by_unmask(void **state)
{
    struct evtchn_unmask u;

    begin();
    u.port = bind_ipi(0);
    words[u.port] = MASKED;
    assert_int_equal(send(u.port), 0);
    assert_int_equal(words[u.port], MASKED | PENDING);
    assert_int_equal(take(0), 0);
    assert_false(upcall(0));
    assert_int_equal(OP(unmask, u), 0);
    assert_true(upcall(0));
    assert_int_equal(take(0), u.port);
    words[u.port] = MASKED;
    assert_int_equal(OP(unmask, u), 0); /* nothing was pending */
    assert_false(upcall(0));
    assert_int_equal(words[u.port], 0);
}

/* Pending before there was a word: from the bits of before, or sent since. */
static void test_waits_for_its_word(void **state)
{
    evtchn_port_t before = bind_ipi(0), since, quiet;

    assert_int_equal(send(before), 0);
    (void)upcall(0);
    block[0] = mfn_to_virt(stub_page(a));
    assert_int_equal(init_control(virt_to_mfn(block[0]).v, 0, 0), 0);
    since = bind_ipi(0);
    quiet = bind_ipi(0);
    assert_int_equal(send(since), 0);
    assert_false(upcall(0));
    words = give_words();
    assert_true(upcall(0));
    assert_int_equal(take(0), before);
    assert_int_equal(take(0), since);
    assert_int_equal(take(0), 0);
    assert_int_equal(words[quiet], 0);
}

/* No control block yet: the event stays pending and is not queued anywhere. */
static void test_vcpu_without_block(void **state)
{
    evtchn_port_t p;

    block[0] = mfn_to_virt(stub_page(a));
    assert_int_equal(init_control(virt_to_mfn(block[0]).v, 0, 0), 0);
    words = give_words();
    p = bind_ipi(1);
    assert_int_equal(send(p), 0);
    assert_int_equal(words[p], PENDING);
}

static void test_moved_while_tail(void **state)
{
    struct evtchn_bind_vcpu v = {.vcpu = 1};
    evtchn_port_t other;
    int p;

    begin();
    p = evtchn_alloc_hv(a, NULL);
    other = bind_ipi(0);
    v.port = (evtchn_port_t)p;
    evtchn_notify_hv(a, v.port);
    assert_int_equal(take(0), p);
    assert_int_equal(OP(bind_vcpu, v), 0);
    evtchn_notify_hv(a, v.port); /* on vcpu 1 now; it was the tail of vcpu 0's */
    assert_int_equal(send(other), 0);
    assert_int_equal(words[p], PENDING | LINKED); /* not led on into the wrong queue */
    assert_int_equal(take(0), other);
    assert_int_equal(take(1), p);
}

static void test_busy_port_is_not_reused(void **state)
{
    evtchn_port_t p;

    begin();
    p = bind_ipi(0);
    assert_int_equal(send(p), 0);
    assert_int_equal(close_port(p), 0);
    assert_int_equal(words[p], LINKED);
    assert_int_equal(bind_ipi(0), p + 1);
    assert_int_equal(take(0), 0);
    assert_int_equal(bind_ipi(1), p);
    assert_int_equal(send(p), 0); /* it was the tail of another queue in its former life */
    assert_int_equal(take(1), p);
}

static void test_poll(void **state)
{
    evtchn_port_t p;

    begin();
    p = bind_ipi(0);
    assert_false(evtchn_is_pending(a, p));
    words[p] = MASKED;
    a->poll_mask = 1;
    a->vcpu[0]->poll_port = p;
    a->vcpu[0]->pause = VCPU_BLOCKED;
    assert_int_equal(send(p), 0);
    assert_int_equal(a->vcpu[0]->pause & VCPU_BLOCKED, 0);
    assert_true(evtchn_is_pending(a, p));
    assert_false(evtchn_is_pending(a, 2000)); /* no word */
}

/* ---- a guest that spoils its pages */

static void test_spoilt_words(void **state)
{
    unsigned seed = 1;

    begin();
    for (int i = 1; i < 200; i++)
        assert_int_equal(bind_ipi((uint32_t)i % 2), i);
    for (int i = 0; i < 20000; i++) {
        evtchn_port_t port = 1 + (evtchn_port_t)rand_r(&seed) % 199;
        struct evtchn_unmask u = {.port = port};

        switch (rand_r(&seed) % 6) {
        case 0:
            words[rand_r(&seed) % 1024] = (event_word_t)rand_r(&seed) * 3;
            break;
        case 1:
            ((uint32_t *)block[0])[rand_r(&seed) % 18] = (uint32_t)rand_r(&seed);
            break;
        case 2:
            assert_int_equal(OP(unmask, u), 0);
            break;
        case 3:
            assert_int_equal(set_priority(port, (uint32_t)rand_r(&seed) % 16), 0);
            break;
        default:
            assert_int_equal(send(port), 0);
        }
    }
    evtchn_destroy(a);
    assert_int_equal(stub_refs, 0);
}

/* Every word says LINKED: no port can be given out, and the call says so. */
static void test_all_busy(void **state)
{
    struct evtchn_bind_ipi i = {.vcpu = 0};

    begin();
    for (int n = 0; n < 3; n++)
        give_words();
    for (uint32_t n = 0; n < 4; n++)
        for (uint32_t w = 0; w < 1024; w++)
            ((event_word_t *)mfn_to_virt(MFN(virt_to_mfn(words).v + n)))[w] = LINKED;
    assert_int_equal(OP(bind_ipi, i), -XEN_ENOSPC);
}

/* ---- against each other: nothing is lost, whatever the interleaving */

#define SENDS 60000
#define PORTS 6

static evtchn_port_t race_port[PORTS];
static uint32_t sent[PORTS], seen[PORTS];
static bool over;

static void *sender(void *arg)
{
    static struct evtchn_send s;
    unsigned seed = 7;

    fake_map(&s, sizeof(s));
    fake_be(1);
    fake_enter(a->vcpu[0]);
    for (int i = 0; i < SENDS; i++) {
        unsigned n = (unsigned)rand_r(&seed) % PORTS;

        __atomic_fetch_add(&sent[n], 1, __ATOMIC_SEQ_CST);
        s.port = race_port[n];
        (void)hc_event_channel_op(EVTCHNOP_send, U(&s));
    }
    __atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
    return arg;
}

/* Take what there is; the handler's view of how often it was sent is read after PENDING fell. */
static void drain(void)
{
    evtchn_port_t p;

    while (upcall(1) || block[1]->ready || heads[1][EVTCHN_FIFO_PRIORITY_DEFAULT])
        if ((p = take(1)))
            for (unsigned n = 0; n < PORTS; n++)
                if (race_port[n] == p)
                    seen[n] = __atomic_load_n(&sent[n], __ATOMIC_SEQ_CST);
}

static void race(bool hostile)
{
    unsigned seed = 3;
    pthread_t t;

    world_reset(2);
    a = world_domain(2, 256);
    b = world_domain(1, 256);
    world_be(a->vcpu[0]);
    memset(heads, 0, sizeof(heads));
    memset(sent, 0, sizeof(sent));
    memset(seen, 0, sizeof(seen));
    over = false;
    begin();
    for (unsigned n = 0; n < PORTS; n++)
        race_port[n] = bind_ipi(1);
    a->vcpu[1]->pause = 0;
    assert_int_equal(pthread_create(&t, NULL, sender, NULL), 0);
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
        if (hostile) {
            words[rand_r(&seed) % 8] = (event_word_t)rand_r(&seed) * 5;
            block[1]->ready = (uint32_t)rand_r(&seed);
        } else {
            drain();
        }
    }
    pthread_join(t, NULL);
}

static void test_none_is_lost(void **state)
{
    race(false);
    drain();
    for (unsigned n = 0; n < PORTS; n++) {
        assert_true(sent[n] > 0);
        assert_int_equal(seen[n], sent[n]);
    }
}

static void test_scribbling_on_words_in_use(void **state)
{
    race(true);
    assert_false(spin_is_locked(&a->event_lock));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_errors, setup),
        cmocka_unit_test_setup(test_128_pages_and_no_more, setup),
        cmocka_unit_test_setup(test_reset_gives_everything_back, setup),
        cmocka_unit_test_setup(test_queue_and_order, setup),
        cmocka_unit_test_setup(test_priorities, setup),
        cmocka_unit_test_setup(test_masked_is_queued_by_unmask, setup),
        cmocka_unit_test_setup(test_waits_for_its_word, setup),
        cmocka_unit_test_setup(test_vcpu_without_block, setup),
        cmocka_unit_test_setup(test_moved_while_tail, setup),
        cmocka_unit_test_setup(test_busy_port_is_not_reused, setup),
        cmocka_unit_test_setup(test_poll, setup),
        cmocka_unit_test_setup(test_spoilt_words, setup),
        cmocka_unit_test_setup(test_all_busy, setup),
        cmocka_unit_test(test_none_is_lost),
        cmocka_unit_test(test_scribbling_on_words_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
