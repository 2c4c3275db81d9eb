/* SPDX-License-Identifier: MIT */
/* Deferred work: it runs soon, never twice at once, and leaves guests their time. */
#include "hv_job.h"
#include "unit.h"

struct probe {
    struct job job;
    unsigned calls;
    unsigned want;      /* more calls */
    bool raise_self;    /* from its own function */
    uint64_t cost;      /* ns per call */
    uint64_t called_at; /* last */
    bool inside;
};

static struct probe a, b;

static bool run(struct job *j)
{
    struct probe *p = j->data;

    assert_false(p->inside);
    p->inside = true;
    p->calls++;
    p->called_at = fake_ns;
    fake_ns += p->cost;
    if (p->raise_self) {
        p->raise_self = false;
        job_raise(j);
    }
    p->inside = false;
    if (!p->want)
        return false;
    p->want--;
    return p->want > 0;
}

static void make(struct probe *p)
{
    memset(p, 0, sizeof(*p));
    job_init(&p->job, run, p);
}

static int setup(void **state)
{
    world_reset(2);
    fake_jobs = jobs_run;
    fake_lazy_jobs = jobs_run_lazy;
    fake_run(1000000); /* timers and jobs of the test before are over */
    jobs_run_idle();
    make(&a);
    make(&b);
    return 0;
}

static void test_raises_before_a_run_are_one(void **state)
{
    job_raise(&a.job);
    job_raise(&a.job);
    assert_true(work_pending() & WORK_JOB);
    assert_int_equal(a.calls, 0);
    fake_exit();
    assert_int_equal(a.calls, 1);
    fake_exit();
    assert_int_equal(a.calls, 1);
    job_raise(&a.job);
    fake_exit();
    assert_int_equal(a.calls, 2);
}

static void test_order(void **state)
{
    b.cost = a.cost = 10;
    job_raise(&b.job);
    job_raise(&a.job);
    fake_exit();
    assert_true(b.called_at < a.called_at);
}

static void test_wanting_more_rests_on_a_busy_cpu(void **state)
{
    a.want = 3;
    job_raise(&a.job);
    fake_exit();
    assert_int_equal(a.calls, 1);
    fake_exit();
    assert_int_equal(a.calls, 1);
    fake_run(JOB_REST_NS - 1);
    assert_int_equal(a.calls, 1);
    fake_run(2);
    assert_int_equal(a.calls, 2);
    fake_run(10 * JOB_REST_NS);
    assert_int_equal(a.calls, 3);
}

static void test_rest_is_as_long_as_the_work(void **state)
{
    struct vcpu *v = world_domain(1, 256)->vcpu[0];
    uint64_t end;

    fake_exit();
    assert_ptr_equal(current_vcpu(), v);
    a.want = 2;
    a.cost = 10 * JOB_REST_NS;
    job_raise(&a.job);
    fake_exit();
    end = fake_ns;
    fake_run(20 * JOB_REST_NS);
    assert_int_equal(a.calls, 2);
    assert_true(a.called_at - end >= a.cost);
}

static void test_raised_by_itself_is_wanting_more(void **state)
{
    a.raise_self = true;
    job_raise(&a.job);
    fake_exit();
    assert_int_equal(a.calls, 1);
    fake_run(2 * JOB_REST_NS);
    assert_int_equal(a.calls, 2);
}

static void test_idle_goes_on_at_once(void **state)
{
    a.want = 3;
    job_raise(&a.job);
    fake_cpus[0].work = 0;
    jobs_run_idle();
    assert_int_equal(a.calls, 1);
    assert_true(work_pending() & WORK_JOB);
    jobs_run_idle();
    fake_cpus[0].work = 0;
    jobs_run_idle();
    assert_int_equal(a.calls, 3);
    assert_false(work_pending());
}

/* What an idle CPU left undone goes on when it has a guest again. */
static void test_from_idle_to_busy(void **state)
{
    a.want = 3;
    job_raise(&a.job);
    jobs_run_idle();
    fake_exit();
    assert_int_equal(a.calls, 1);
    fake_run(2 * JOB_REST_NS);
    assert_int_equal(a.calls, 2);
}

static void test_a_vcpu_pays_for_its_own_jobs(void **state)
{
    struct vcpu *v = world_domain(1, 256)->vcpu[0];
    uint64_t before;

    fake_exit();
    assert_ptr_equal(current_vcpu(), v);
    before = v->run_since;
    a.cost = 1000;
    job_raise(&a.job);
    fake_exit();
    assert_int_equal(v->run_since, before + 1000);
    a.job.owner = v->domain;
    job_raise(&a.job);
    fake_exit();
    assert_int_equal(a.calls, 2);
    assert_int_equal(v->run_since, before + 1000);
}

static void test_runs_where_it_was_raised(void **state)
{
    fake_be(1);
    job_raise(&a.job);
    fake_be(0);
    job_raise(&a.job); /* it waits there: nothing to do here */
    assert_false(work_pending());
    fake_be(1);
    fake_exit();
    assert_int_equal(a.calls, 1);
    fake_be(0);
}

/* ---- lazy ones */

/* The next test's machine has no timer of this one's. */
static int patience_ends(void **state)
{
    fake_run(JOB_LAZY_NS + 1);
    return 0;
}

static unsigned waits_left;

static uint64_t wait_a_while(struct job *j)
{
    return waits_left && waits_left-- ? fake_ns + JOB_LAZY_NS : 0;
}

static void test_lazy_waits_for_the_vcpu_to_stop(void **state)
{
    struct vcpu *v = world_domain(1, 256)->vcpu[0];

    fake_exit();
    assert_ptr_equal(current_vcpu(), v);
    job_raise_lazy(&a.job);
    job_raise_lazy(&a.job);
    fake_exit();
    assert_int_equal(a.calls, 0);
    jobs_run_lazy();
    assert_int_equal(a.calls, 1);
    jobs_run_lazy();
    assert_int_equal(a.calls, 1);
    job_raise_lazy(&a.job);
    jobs_run_idle();
    assert_int_equal(a.calls, 2);
}

/* What another domain may still add to is left. */
static void test_lazy_is_of_who_stops(void **state)
{
    struct domain *d = world_domain(1, 256), *other = world_domain(1, 256);

    vcpu_pause_set(other->vcpu[0], VCPU_BLOCKED);
    fake_exit();
    assert_ptr_equal(current_vcpu(), d->vcpu[0]);
    a.job.owner = other;
    b.job.owner = d;
    job_raise_lazy(&a.job);
    job_raise_lazy(&b.job);
    assert_false(d->vcpu[0]->stopped);
    jobs_run_lazy();
    assert_int_equal(a.calls, 0);
    assert_int_equal(b.calls, 1);
    assert_true(d->vcpu[0]->stopped);
    fake_run(JOB_LAZY_NS + 1);
    assert_int_equal(a.calls, 1);
}

static void test_lazy_waits_no_longer_than_it_may(void **state)
{
    job_raise_lazy(&a.job);
    fake_run(JOB_LAZY_NS - 1);
    assert_int_equal(a.calls, 0);
    fake_run(2);
    assert_int_equal(a.calls, 1);
}

static void test_lazy_says_how_long(void **state)
{
    a.job.waits = wait_a_while;
    waits_left = 2;
    job_raise_lazy(&a.job);
    job_raise_lazy(&b.job);
    fake_run(JOB_LAZY_NS + 1);
    assert_int_equal(a.calls, 0);
    assert_int_equal(b.calls, 1);
    fake_run(JOB_LAZY_NS + 1);
    assert_int_equal(a.calls, 0);
    fake_run(JOB_LAZY_NS + 1);
    assert_int_equal(a.calls, 1);
}

/* A vcpu that stops does not leave the CPU before what it may wait for was done. */
static void test_lazy_before_another_runs(void **state)
{
    struct vcpu *v = world_domain(1, 256)->vcpu[0];

    fake_exit();
    assert_ptr_equal(current_vcpu(), v);
    job_raise_lazy(&a.job);
    vcpu_pause_set(v, VCPU_BLOCKED);
    fake_exit();
    assert_int_equal(a.calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_raises_before_a_run_are_one, setup),
        cmocka_unit_test_setup(test_order, setup),
        cmocka_unit_test_setup(test_wanting_more_rests_on_a_busy_cpu, setup),
        cmocka_unit_test_setup(test_rest_is_as_long_as_the_work, setup),
        cmocka_unit_test_setup(test_raised_by_itself_is_wanting_more, setup),
        cmocka_unit_test_setup(test_idle_goes_on_at_once, setup),
        cmocka_unit_test_setup(test_from_idle_to_busy, setup),
        cmocka_unit_test_setup(test_a_vcpu_pays_for_its_own_jobs, setup),
        cmocka_unit_test_setup(test_runs_where_it_was_raised, setup),
        cmocka_unit_test_setup_teardown(test_lazy_waits_for_the_vcpu_to_stop, setup, patience_ends),
        cmocka_unit_test_setup_teardown(test_lazy_is_of_who_stops, setup, patience_ends),
        cmocka_unit_test_setup_teardown(test_lazy_waits_no_longer_than_it_may, setup,
                                        patience_ends),
        cmocka_unit_test_setup_teardown(test_lazy_says_how_long, setup, patience_ends),
        cmocka_unit_test_setup_teardown(test_lazy_before_another_runs, setup, patience_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
