/* SPDX-License-Identifier: MIT */
/* The scheduler on one CPU, over simulated time: shares, turns, wake-ups, idleness. */
#include "unit.h"
#include "sched.h"

#define MS 1000000ull

static struct vcpu *hog(uint32_t weight)
{
    struct vcpu *v = world_domain(1, weight)->vcpu[0];

    v->periodic_ns = 0;
    return v;
}

static int setup(void **state)
{
    world_reset(1);
    return 0;
}

/* a got `share` per cent of what both got, to one per cent. */
static void assert_share(const struct vcpu *a, uint64_t of, unsigned share)
{
    assert_in_range(a->cpu_time_ns, of * (share - 1) / 100, of * (share + 1) / 100);
}

static void test_equal_weights(void **state)
{
    struct vcpu *a = hog(256), *b = hog(256);

    fake_run(10000 * MS);
    assert_share(a, 10000 * MS, 50);
    assert_share(b, 10000 * MS, 50);
}

static void test_shares_follow_weights(void **state)
{
    struct vcpu *a = hog(256), *b = hog(512), *c = hog(1024 + 256);

    fake_run(20000 * MS);
    assert_share(a, 20000 * MS, 13);
    assert_share(b, 20000 * MS, 25);
    assert_share(c, 20000 * MS, 63);
}

static void test_extreme_weights(void **state)
{
    struct vcpu *a = hog(1), *b = hog(65535);

    fake_run(60000 * MS);
    assert_true(a->cpu_time_ns > 0); /* it is not starved … */
    assert_true(a->cpu_time_ns < 400 * MS);
    assert_true(b->cpu_time_ns > 59000 * MS);
}

static uint64_t longest, last_switch;
static struct vcpu *last;

static void note_turn(struct vcpu *v)
{
    if (v != last) {
        longest = MAX(longest, fake_ns - last_switch);
        last_switch = fake_ns;
        last = v;
    }
}

static void test_no_turn_longer_than_a_slice(void **state)
{
    hog(256);
    hog(256);
    hog(2560);
    longest = last_switch = 0;
    last = NULL;
    fake_guest = note_turn;
    fake_run(3000 * MS);
    assert_true(longest > 0);
    assert_true(longest <= (uint64_t)SCHED_SLICE_NS);
}

static void test_alone_needs_no_timer(void **state)
{
    struct vcpu *a = hog(256);

    fake_run(100 * MS);
    assert_ptr_equal(fake_cpus[0].current, a);
    assert_int_equal(fake_cpus[0].deadline, ~0ull);
    fake_run(5000 * MS);
    hc_sched_op(SCHEDOP_yield, 0);
    assert_int_equal(fake_cpus[0].work, 0); /* nobody to yield to */
}

static void test_idle_has_nothing_to_do(void **state)
{
    struct vcpu *a = hog(256);

    fake_run(MS);
    hc_sched_op(SCHEDOP_block, 0);
    fake_run(1000 * MS);
    assert_null(fake_cpus[0].current);
    assert_int_equal(fake_cpus[0].deadline, ~0ull);
    assert_int_equal(fake_cpus[0].kicks, 0);
    assert_true(a->cpu_time_ns <= MS);
}

/* A sleeper runs when its timer fires, though a hog has the CPU: at once, or as soon as that has
 * had the shortest turn. */
static uint64_t due, worst;
static struct vcpu *sleeper, *other;

static void sleep_7ms(struct vcpu *v)
{
    if (v != sleeper)
        return;
    if (due)
        worst = MAX(worst, fake_ns - due);
    due = fake_ns + 7 * MS;
    hc_set_timer_op(due);
    v->info->evtchn_upcall_pending = 0;
    v->info->evtchn_pending_sel = 0;
    v->domain->shared->evtchn_pending[0] = 0;
    hc_sched_op(SCHEDOP_block, 0);
}

static void test_wake_goes_first(void **state)
{
    struct evtchn_bind_virq b = {.virq = VIRQ_TIMER};

    hog(256);
    hog(256);
    sleeper = hog(256);
    fake_map(&b, sizeof(b));
    world_be(sleeper);
    assert_int_equal(hc_event_channel_op(EVTCHNOP_bind_virq, U(&b)), 0);
    fake_enter(NULL);
    work_raise(WORK_RESCHED);
    due = worst = 0;
    fake_guest = sleep_7ms;
    fake_run(2000 * MS);
    assert_true(due > 1900 * MS);
    assert_true(worst <= MS);
}

/* Who has just begun is not sent away at once; who has had its time is. */
static void test_shortest_turn(void **state)
{
    struct vcpu *h = hog(256);

    sleeper = hog(256);
    vcpu_pause_set(sleeper, VCPU_BLOCKED);
    fake_exit();
    assert_ptr_equal(fake_cpus[0].current, h);
    vcpu_pause_clear(sleeper, VCPU_BLOCKED);
    fake_exit();
    assert_ptr_equal(fake_cpus[0].current, h);
    fake_run(SCHED_PREEMPT_NS + 1);
    assert_ptr_equal(fake_cpus[0].current, sleeper);
    vcpu_pause_set(sleeper, VCPU_BLOCKED);
    fake_exit();
    fake_run(2 * SCHED_PREEMPT_NS);
    vcpu_pause_clear(sleeper, VCPU_BLOCKED);
    fake_exit();
    assert_ptr_equal(fake_cpus[0].current, sleeper);
}

static void wake_both(void)
{
    vcpu_pause_clear(other, VCPU_BLOCKED);
    vcpu_pause_clear(sleeper, VCPU_BLOCKED);
    sleeper->stopped = true;
}

/* Who stopped, and is woken by what its stopping set off, lets who else was woken by that go first,
 * for a short turn. */
static void test_stopped_and_woken(void **state)
{
    sleeper = hog(256);
    other = hog(256);
    vcpu_pause_set(other, VCPU_BLOCKED);
    fake_exit();
    assert_ptr_equal(fake_cpus[0].current, sleeper);
    fake_lazy_jobs = wake_both;
    vcpu_pause_set(sleeper, VCPU_BLOCKED);
    fake_exit();
    fake_lazy_jobs = NULL;
    assert_ptr_equal(fake_cpus[0].current, other);
    fake_run(SCHED_PREEMPT_NS / 2);
    assert_ptr_equal(fake_cpus[0].current, other);
    fake_run(SCHED_PREEMPT_NS / 2 + 1);
    assert_ptr_equal(fake_cpus[0].current, sleeper);
    fake_run(2 * SCHED_PREEMPT_NS); /* and that is all */
    assert_ptr_equal(fake_cpus[0].current, sleeper);
}

/* One that works 9 ms and sleeps 1 ms has no more than its share, and the hog the rest. */
static void nap(struct timer *t)
{
    vcpu_pause_clear(t->data, VCPU_BLOCKED);
}

static struct timer nap_timer;
static uint64_t worked_until;

static void work_then_nap(struct vcpu *v)
{
    if (v == sleeper && v->cpu_time_ns >= worked_until) {
        worked_until = v->cpu_time_ns + 9 * MS;
        vcpu_pause_set(v, VCPU_BLOCKED);
        timer_set(&nap_timer, fake_ns + MS);
    }
}

static void test_naps_win_nothing(void **state)
{
    struct vcpu *h = hog(256);

    sleeper = hog(256);
    worked_until = 9 * MS;
    timer_init(&nap_timer, 0, nap, sleeper);
    fake_guest = work_then_nap;
    fake_run(10000 * MS);
    assert_true(h->cpu_time_ns > 4800 * MS);
    assert_true(sleeper->cpu_time_ns > 3000 * MS);
}

static void test_yield_lets_the_other_go(void **state)
{
    struct vcpu *a = hog(256), *b = hog(256), *first;

    fake_run(0);
    first = fake_cpus[0].current;
    fake_ns += 1000;
    hc_sched_op(SCHEDOP_yield, 0);
    fake_run(0);
    assert_ptr_equal(fake_cpus[0].current, first == a ? b : a);
    fake_ns += 1000;
    hc_sched_op(SCHEDOP_yield, 0);
    fake_run(0);
    assert_ptr_equal(fake_cpus[0].current, first);
}

/* Also to one that has spent its credit for this round. */
static void test_yield_reaches_expired(void **state)
{
    struct vcpu *v[2] = {hog(256), hog(256)};

    for (int i = 0; i < 20; i++) {
        struct vcpu *cur, *other;

        fake_run(15 * MS);
        cur = fake_cpus[0].current;
        other = cur == v[0] ? v[1] : v[0];
        if (other->sched_round == cur->sched_round)
            continue;
        hc_sched_op(SCHEDOP_yield, 0);
        fake_run(0);
        assert_ptr_equal(fake_cpus[0].current, other);
        return;
    }
    fail_msg("nobody ever waited for the next round");
}

static void test_pause_and_unpause(void **state)
{
    struct vcpu *a = hog(256), *b = hog(256);
    uint64_t before;

    fake_run(100 * MS);
    vcpu_pause_set(a, VCPU_PAUSED);
    fake_run(0);
    before = a->cpu_time_ns;
    fake_run(100 * MS);
    assert_int_equal(a->cpu_time_ns, before);
    assert_false(a->running);
    assert_int_equal(a->runstate.state, RUNSTATE_offline);
    vcpu_pause_set(a, VCPU_BLOCKED);
    vcpu_pause_clear(a, VCPU_PAUSED); /* still blocked */
    fake_run(100 * MS);
    assert_int_equal(a->cpu_time_ns, before);
    vcpu_pause_clear(a, VCPU_BLOCKED);
    fake_run(100 * MS);
    assert_true(a->cpu_time_ns > before + 40 * MS);
    assert_true(b->cpu_time_ns > 240 * MS);
}

static void test_runstates_add_up(void **state)
{
    struct vcpu *a = hog(256);
    uint64_t sum = 0;

    hog(256);
    fake_run(1000 * MS);
    vcpu_pause_set(a, VCPU_BLOCKED);
    fake_run(500 * MS);
    vcpu_pause_clear(a, VCPU_BLOCKED);
    fake_run(0);
    for (int i = 0; i < 4; i++)
        sum += a->runstate.time[i];
    assert_int_equal(sum, a->runstate.state_entry_time);
    assert_in_range(a->runstate.time[RUNSTATE_running], 480 * MS, 520 * MS);
    assert_in_range(a->runstate.time[RUNSTATE_runnable], 480 * MS, 520 * MS);
    assert_in_range(a->runstate.time[RUNSTATE_blocked], 490 * MS, 500 * MS);
}

/* With 500 vcpus waiting a pick costs what it costs with two: nothing is walked. */
static void test_many(void **state)
{
    uint64_t total = 0;

    for (int i = 0; i < 15; i++) {
        struct domain *d = world_domain(32, 256);

        for (uint32_t j = 0; j < 32; j++) {
            d->vcpu[j]->periodic_ns = 0;
            vcpu_pause_clear(d->vcpu[j], VCPU_DOWN);
        }
    }
    fake_run(480 * 10 * MS * 4);
    for (uint32_t i = 1; i < nr_domains; i++)
        for (uint32_t j = 0; j < 32; j++) {
            uint64_t t = domains[i]->vcpu[j]->cpu_time_ns;

            assert_in_range(t, 29 * MS, 51 * MS);
            total += t;
        }
    assert_in_range(total, 480 * 39 * MS, 480 * 40 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_equal_weights, setup),
        cmocka_unit_test_setup(test_shares_follow_weights, setup),
        cmocka_unit_test_setup(test_extreme_weights, setup),
        cmocka_unit_test_setup(test_no_turn_longer_than_a_slice, setup),
        cmocka_unit_test_setup(test_alone_needs_no_timer, setup),
        cmocka_unit_test_setup(test_idle_has_nothing_to_do, setup),
        cmocka_unit_test_setup(test_wake_goes_first, setup),
        cmocka_unit_test_setup(test_shortest_turn, setup),
        cmocka_unit_test_setup(test_stopped_and_woken, setup),
        cmocka_unit_test_setup(test_naps_win_nothing, setup),
        cmocka_unit_test_setup(test_yield_lets_the_other_go, setup),
        cmocka_unit_test_setup(test_yield_reaches_expired, setup),
        cmocka_unit_test_setup(test_pause_and_unpause, setup),
        cmocka_unit_test_setup(test_runstates_add_up, setup),
        cmocka_unit_test_setup(test_many, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
