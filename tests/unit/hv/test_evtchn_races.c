/* SPDX-License-Identifier: MIT */
/*
 * Two domains on two CPUs open, bind, send on and close channels to each other at random. Whatever
 * the interleaving: no deadlock, and afterwards the two tables agree.
 */
#include <pthread.h>
#include <stdlib.h>

#include "unit.h"
#include "evtchn.h"

#define PORTS 40
#define STEPS 100000

static struct domain *side[2];

union args {
    struct evtchn_alloc_unbound alloc;
    struct evtchn_bind_interdomain bind;
    struct evtchn_bind_virq virq;
    struct evtchn_bind_vcpu vcpu;
    struct evtchn_send port;
    struct evtchn_status status;
    struct evtchn_reset reset;
};
static union args arg[2];

static long call(unsigned me, uint32_t cmd, union args a)
{
    arg[me] = a;
    return hc_event_channel_op(cmd, U(&arg[me]));
}

static void step(unsigned me, unsigned *seed)
{
    evtchn_port_t p = (evtchn_port_t)rand_r(seed) % PORTS;
    domid_t other = side[!me]->id;

    switch (rand_r(seed) % 8) {
    case 0:
        if (evtchn_lookup(side[me], PORTS - 1)->state == CHN_FREE)
            call(me, EVTCHNOP_alloc_unbound,
                 (union args){.alloc = {.dom = DOMID_SELF,
                                        .remote_dom = rand_r(seed) % 4 ? other : DOMID_SELF}});
        break;
    case 1:
    case 2:
        if (evtchn_lookup(side[me], PORTS - 1)->state == CHN_FREE)
            call(me, EVTCHNOP_bind_interdomain,
                 (union args){.bind = {.remote_dom = rand_r(seed) % 4 ? other : DOMID_SELF,
                                       .remote_port = p}});
        break;
    case 3:
        call(me, EVTCHNOP_close, (union args){.port = {.port = p}});
        break;
    case 4:
        call(me, EVTCHNOP_bind_vcpu, (union args){.vcpu = {.port = p, .vcpu = p % 2}});
        break;
    case 5:
        call(me, EVTCHNOP_status, (union args){.status = {.dom = DOMID_SELF, .port = p}});
        break;
    case 6:
        if (rand_r(seed) % 100 == 0)
            call(me, EVTCHNOP_reset, (union args){.reset = {.dom = DOMID_SELF}});
        break;
    default:
        call(me, EVTCHNOP_send, (union args){.port = {.port = p}});
    }
}

static void *thread(void *a)
{
    unsigned me = (unsigned)(uintptr_t)a, seed = me + 1;

    fake_be(me);
    fake_enter(side[me]->vcpu[0]);
    for (unsigned i = 0; i < STEPS; i++)
        step(me, &seed);
    return NULL;
}

static void check_table(struct domain *d)
{
    for (evtchn_port_t p = 0; p < d->nr_evtchn_buckets * EVTCHN_PER_BUCKET; p++) {
        const struct evtchn *c = evtchn_lookup(d, p), *peer;
        bool used = d->evtchn_used[p / 64] >> (p % 64) & 1;

        assert_int_equal(used, c->state != CHN_FREE);
        if (c->state != CHN_INTERDOMAIN)
            continue;
        peer = evtchn_lookup(c->remote, c->remote_port);
        assert_non_null(peer);
        assert_int_equal(peer->state, CHN_INTERDOMAIN);
        assert_ptr_equal(peer->remote, d);
        assert_int_equal(peer->remote_port, p);
    }
}

static void test_random_operations(void **state)
{
    pthread_t t[2];

    world_reset(2);
    for (unsigned i = 0; i < 2; i++)
        side[i] = world_domain(2, 256);
    fake_map(arg, sizeof(arg));
    for (uintptr_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&t[i], NULL, thread, (void *)i), 0);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    for (unsigned i = 0; i < 2; i++) {
        check_table(side[i]);
        assert_false(spin_is_locked(&side[i]->event_lock));
    }
    evtchn_destroy(side[0]);
    check_table(side[1]);
    for (evtchn_port_t p = 0; p < PORTS; p++)
        assert_true(evtchn_lookup(side[0], p)->state <= CHN_RESERVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
