/* SPDX-License-Identifier: MIT */
/* The scheduler on several CPUs: work spreads, nothing is lost between block and wake. */
#include <pthread.h>
#include <sched.h>

#include "unit.h"
#include "evtchn.h"

#define MS     1000000ull
#define ROUNDS 20000

static struct vcpu *hog(void)
{
    struct vcpu *v = world_domain(1, 256)->vcpu[0];

    v->periodic_ns = 0;
    return v;
}

/* Including the turn that is not over. */
static uint64_t cpu_time(const struct vcpu *v)
{
    return v->cpu_time_ns + (v->running ? fake_ns - v->run_since : 0);
}

static int setup(void **state)
{
    world_reset(2);
    return 0;
}

static void test_two_domains_two_cpus(void **state)
{
    struct vcpu *a = hog(), *b = hog();

    assert_int_not_equal(a->cpu, b->cpu);
    fake_run(1000 * MS);
    assert_int_equal(fake_cpus[0].current->cpu, 0);
    assert_int_equal(fake_cpus[1].current->cpu, 1);
    assert_int_equal(cpu_time(a), 1000 * MS);
    assert_int_equal(cpu_time(b), 1000 * MS);
}

static void test_idle_cpu_takes_over(void **state)
{
    struct vcpu *a = hog(), *b = hog(), *c = hog();
    struct vcpu *alone = a->cpu != c->cpu ? a : b;
    struct vcpu *shared = alone == a ? b : a;

    assert_int_equal(shared->cpu, c->cpu);
    fake_run(100 * MS);
    fake_be(alone->cpu);
    vcpu_pause_set(alone, VCPU_BLOCKED);
    fake_run(100 * MS);
    assert_int_not_equal(shared->cpu, c->cpu); /* each has a CPU now */
    fake_run(1000 * MS);
    assert_true(cpu_time(shared) + cpu_time(c) >= 2200 * MS);
}

static void test_wake_finds_the_idle_cpu(void **state)
{
    struct vcpu *a = hog(), *b = hog(), *c = hog();

    fake_run(10 * MS);
    vcpu_pause_set(b, VCPU_BLOCKED);
    vcpu_pause_set(c, VCPU_BLOCKED);
    fake_run(10 * MS);
    c->cpu = a->cpu; /* where it would have to queue */
    vcpu_pause_clear(c, VCPU_BLOCKED);
    fake_run(0);
    assert_true(c->running);
    assert_true(a->running);
    assert_int_not_equal(c->cpu, a->cpu);
}

/* Between picking the next vcpu and having saved the last one nobody may run the last one. */
static void test_not_stolen_before_saved(void **state)
{
    struct vcpu *a = hog(), *b = hog(), *prev, *next;

    fake_be(1);
    vcpu_pause_set(b, VCPU_PAUSED);
    fake_run(0);
    b->cpu = 0;
    fake_be(0);
    fake_cpus[1].current = NULL;
    vcpu_pause_clear(b, VCPU_PAUSED);
    fake_cpus[0].work = fake_cpus[1].work = 0;
    if (b->cpu == 1) { /* went to the idle CPU at once: as it should */
        assert_ptr_equal(fake_cpus[0].current, a);
        return;
    }
    prev = fake_cpus[0].current;
    fake_ns += 20 * MS;
    next = sched_pick(prev);
    assert_ptr_equal(next, b);
    fake_be(1);
    assert_null(sched_pick(NULL)); /* a waits but is not saved */
    fake_be(0);
    sched_saved(prev);
    assert_true(fake_cpus[1].work & WORK_RESCHED);
    fake_be(1);
    assert_ptr_equal(sched_pick(NULL), a);
}

static void test_sleep_reaches_the_other_cpu(void **state)
{
    struct vcpu *a = hog(), *b = hog();
    struct vcpu *there = a->cpu == 1 ? a : b;

    fake_run(10 * MS);
    fake_be(0);
    fake_cpus[1].work = 0;
    vcpu_pause_set(there, VCPU_PAUSED);
    assert_true(fake_cpus[1].work & WORK_RESCHED);
    assert_true(there->running);
    fake_run(0);
    assert_false(there->running);
}

static void test_kick_interrupts_a_running_vcpu(void **state)
{
    struct vcpu *a = hog(), *b = hog();
    struct vcpu *there = a->cpu == 1 ? a : b;
    unsigned before;

    fake_run(10 * MS);
    fake_be(0);
    before = fake_cpus[1].kicks;
    vcpu_kick(there);
    assert_int_equal(fake_cpus[1].kicks, before + 1);
    vcpu_kick(fake_cpus[0].current); /* ourselves: we look on the way out */
    assert_int_equal(fake_cpus[0].kicks, 0);
}

/* ---- two threads, each a CPU: every event must wake the other side, whatever the timing */

static evtchn_port_t port_of[2];
static struct evtchn_send send_arg[2];
static uint32_t rounds[2];
static bool stop;

static void player(struct vcpu *v, unsigned me)
{
    vcpu_info_t *info = v->info;

    if (!__atomic_exchange_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST)) {
        hc_sched_op(SCHEDOP_block, 0);
        return;
    }
    __atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    if (!(__atomic_exchange_n(&v->domain->shared->evtchn_pending[0], 0, __ATOMIC_SEQ_CST) >>
              port_of[me] &
          1))
        return;
    __atomic_fetch_add(&rounds[me], 1, __ATOMIC_SEQ_CST);
    assert_int_equal(hc_event_channel_op(EVTCHNOP_send, U(&send_arg[me])), 0);
}

static void *cpu_thread(void *arg)
{
    fake_be((uint32_t)(uintptr_t)arg);
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
        fake_exit();
        if (current_vcpu())
            player(current_vcpu(), current_vcpu()->domain->id - 1u);
        else
            sched_yield();
    }
    return NULL;
}

static void connect_domains(struct domain *a, struct domain *b)
{
    struct evtchn_alloc_unbound u = {.dom = DOMID_SELF, .remote_dom = b->id};
    struct evtchn_bind_interdomain i = {.remote_dom = a->id};

    fake_map(&u, sizeof(u));
    fake_map(&i, sizeof(i));
    fake_enter(a->vcpu[0]);
    assert_int_equal(hc_event_channel_op(EVTCHNOP_alloc_unbound, U(&u)), 0);
    fake_enter(b->vcpu[0]);
    i.remote_port = u.port;
    assert_int_equal(hc_event_channel_op(EVTCHNOP_bind_interdomain, U(&i)), 0);
    fake_enter(NULL);
    send_arg[0].port = port_of[0] = u.port;
    send_arg[1].port = port_of[1] = i.local_port;
    fake_map(send_arg, sizeof(send_arg));
}

static void play(unsigned cpus)
{
    pthread_t t[2];
    uint32_t last = 0, same = 0;

    stop = false;
    rounds[0] = rounds[1] = 0;
    connect_domains(hog()->domain, hog()->domain);
    for (unsigned i = 0; i < cpus; i++) {
        fake_cpus[i].work = WORK_RESCHED;
        assert_int_equal(pthread_create(&t[i], NULL, cpu_thread, (void *)(uintptr_t)i), 0);
    }
    while (last < ROUNDS && same < 5000) { /* seconds without any progress: a wake-up was lost */
        uint32_t now = __atomic_load_n(&rounds[0], __ATOMIC_SEQ_CST);

        same = now == last ? same + 1 : 0;
        last = now;
        struct timespec ms = {.tv_nsec = 1000000};

        nanosleep(&ms, NULL);
    }
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < cpus; i++)
        pthread_join(t[i], NULL);
    assert_true(last >= ROUNDS);
    assert_in_range(rounds[1], rounds[0] > 0 ? rounds[0] - 1 : 0, rounds[0] + 1);
}

static void test_no_wakeup_is_lost(void **state)
{
    play(2);
}

static void test_ping_pong_on_one_cpu(void **state)
{
    world_reset(1);
    play(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_two_domains_two_cpus, setup),
        cmocka_unit_test_setup(test_idle_cpu_takes_over, setup),
        cmocka_unit_test_setup(test_wake_finds_the_idle_cpu, setup),
        cmocka_unit_test_setup(test_not_stolen_before_saved, setup),
        cmocka_unit_test_setup(test_sleep_reaches_the_other_cpu, setup),
        cmocka_unit_test_setup(test_kick_interrupts_a_running_vcpu, setup),
        cmocka_unit_test_setup(test_no_wakeup_is_lost, setup),
        cmocka_unit_test_setup(test_ping_pong_on_one_cpu, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
