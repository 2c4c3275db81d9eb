/* SPDX-License-Identifier: MIT */
/* Counters by name, states in a word, grant tables that are counted, JSON. */
#include "unit.h"

#include <string.h>

#include <xenctrl.h>

#include "collect.h"
#include "json.h"

static struct snapshot s;
static struct domain *d;

static int setup(void **state)
{
    s = unit_machine(1);
    d = unit_domain(&s, 3, "guest", 2);
    return 0;
}

static int teardown(void **state)
{
    snapshot_free(&s);
    return 0;
}

static void test_counters(void **state)
{
    static uint32_t val[300] = {[1] = 7, [14] = 9, [255] = 1, [299] = 5};

    snapshot_count(&s, "d3 hypercalls", 64, val);
    assert_true(d->counted);
    assert_int_equal(d->hypercalls[14], 9);
    snapshot_count(&s, "d3 exits", 300, val); /* no more than there is room for */
    assert_int_equal(d->nr_exit_kinds, MAX_EXIT_KINDS);
    assert_int_equal(d->exits[255], 1);
    snapshot_count(&s, "d3 hypercalls", 300, val);
    snapshot_count(&s, "d3 refused", 1, val + 1);
    assert_int_equal(d->refused, 7);
    snapshot_count(&s, "d3 grants in use", 1, val + 14);
    assert_int_equal(d->grants_in_use, 9);
    snapshot_count(&s, "d3 grants mapped", 1, val + 1);
    assert_int_equal(d->grants_mapped, 7);
}

static void test_counters_of_others(void **state)
{
    static const char *const names[] = {"hypercalls", "d3",       "d3 ", "d3hypercalls",
                                        "d4 exits",   "dx exits", "",    "calls to multicall"};
    uint32_t val[64] = {1};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snapshot_count(&s, names[i], 64, val);
        assert_int_equal(d->hypercalls[0] + d->exits[0], 0);
    }
    snapshot_count(&s, "d3 refused", 0, NULL);
    assert_int_equal(d->refused, 0);
}

static const char *state_of(uint32_t flags)
{
    d->flags = flags;
    return domain_state(d);
}

static void test_states(void **state)
{
    assert_string_equal(state_of(XEN_DOMINF_running), "running");
    assert_string_equal(state_of(XEN_DOMINF_blocked), "blocked");
    assert_string_equal(state_of(0), "runnable");
    assert_string_equal(state_of(XEN_DOMINF_paused | XEN_DOMINF_blocked), "paused");
    assert_string_equal(state_of(XEN_DOMINF_shutdown), "poweroff");
    assert_string_equal(state_of(XEN_DOMINF_shutdown | SHUTDOWN_crash << 16), "crash");
    assert_string_equal(state_of(XEN_DOMINF_shutdown | 200u << 16), "shutdown");
    assert_string_equal(state_of(XEN_DOMINF_dying | XEN_DOMINF_shutdown), "dying");
    d->online = 0;
    assert_string_equal(state_of(0), "offline");
}

static void test_grants(void **state)
{
    static grant_entry_v1_t table[512];

    table[1].flags = GTF_permit_access | GTF_reading; /* reserved: not counted */
    table[8].flags = GTF_permit_access;
    table[100].flags = GTF_permit_access | GTF_reading | GTF_writing;
    table[511].flags = GTF_permit_access | GTF_readonly | GTF_reading;
    grants_count_v1(table, 512, d);
    assert_int_equal(d->granted, 3);
    assert_int_equal(d->grants_in_use, 2);
    grants_count_v1(table, 4, d);
    assert_int_equal(d->granted, 0);
}

static void test_names(void **state)
{
    assert_string_equal(hypercall_name(1), "mmu_update");
    assert_string_equal(hypercall_name(29), "sched_op");
    assert_null(hypercall_name(63));
    assert_null(hypercall_name(64));
    assert_string_equal(exit_name(false, 14), "page fault");
    assert_string_equal(exit_name(true, 0x90), "nested page fault");
    assert_null(exit_name(false, 0x90));
    assert_null(exit_name(true, ~0u));
    for (unsigned int k = 0; k < PORT_KINDS; k++)
        assert_non_null(port_kind_name(k));
}

static void test_json(void **state)
{
    json_t *o, *g, *h;
    int id;

    d->counted = true;
    d->hypercalls[1] = 5;
    d->hypercalls[60] = 1;
    d->grants_in_use = 4;
    o = snapshot_json(&s);
    assert_int_equal(json_unpack(o, "{s:{s:i},s:[{s:i,s:o,s:o}]}", "hypervisor", "cpus", &id,
                                 "domains", "id", &id, "grants", &g, "hypercalls", &h),
                     0);
    assert_int_equal(id, 3);
    assert_true(json_is_null(json_object_get(g, "granted")));
    assert_int_equal(json_integer_value(json_object_get(g, "in_use")), 4);
    assert_int_equal(json_integer_value(json_object_get(h, "mmu_update")), 5);
    assert_int_equal(json_integer_value(json_object_get(h, "60")), 1);
    assert_int_equal(json_integer_value(json_object_get(h, "total")), 6);
    json_decref(o);
    d->counted = false;
    d->ports[0] = UNKNOWN;
    o = snapshot_json(&s);
    g = json_array_get(json_object_get(o, "domains"), 0);
    assert_true(json_is_null(json_object_get(g, "hypercalls")));
    assert_true(json_is_null(json_object_get(g, "event_channels")));
    json_decref(o);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_counters), T(test_counters_of_others), T(test_states), T(test_grants), T(test_names),
        T(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
