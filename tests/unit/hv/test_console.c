/* SPDX-License-Identifier: MIT */
/* One line for everybody: whole lines, prefixes, input, and rings of hostile guests. */
#include "unit.h"
#include "console.h"
#include "evtchn.h"

#include <xen/io/console.h>

#define MS 1000000ull

static struct domain *a, *b;

static int one(void **state)
{
    world_reset(1);
    a = world_domain(1, 256);
    world_be(a->vcpu[0]);
    return 0;
}

static int two(void **state)
{
    one(state);
    b = world_domain(1, 256);
    world_be(a->vcpu[0]);
    return 0;
}

static void say(struct domain *d, const char *s)
{
    console_guest_write(d, s, strlen(s));
}

static void test_alone_without_prefix(void **state)
{
    say(a, "hello\nworld\r\n");
    assert_string_equal(fake_uart[0], "hello\r\nworld\r\n");
}

static void test_prefix_on_demand(void **state)
{
    hv_opt.prefix = true;
    say(a, "hello\n\nx\n");
    assert_string_equal(fake_uart[0], "(d1) hello\r\n(d1) \r\n(d1) x\r\n");
}

static void test_lines_stay_whole(void **state)
{
    say(a, "count");
    say(b, "other\n");
    hv_log("ours");
    say(a, " 12\n");
    assert_string_equal(fake_uart[0], "(d2) other\r\n(hv) ours\r\n(d1) count 12\r\n");
}

static void test_prompt_appears_after_a_moment(void **state)
{
    say(a, "login: ");
    assert_string_equal(fake_uart[0], "");
    fake_run(100 * MS);
    assert_string_equal(fake_uart[0], "login: ");
    say(a, "root\n");
    assert_string_equal(fake_uart[0], "login: root\r\n");
}

static void test_prompt_appears_when_its_domain_waits(void **state)
{
    fake_enter(NULL);
    work_raise(WORK_RESCHED);
    fake_exit();
    say(a, "# ");
    domain_reap_check();
    assert_string_equal(fake_uart[0], ""); /* it still runs */
    vcpu_pause_set(a->vcpu[0], VCPU_BLOCKED);
    domain_reap_check();
    assert_string_equal(fake_uart[0], "# ");
}

static void test_interrupted_prompt(void **state)
{
    say(a, "login: ");
    fake_run(100 * MS);
    say(b, "noise\n");
    say(a, "x\n");
    assert_string_equal(fake_uart[0], "(d1) login: \r\n(d2) noise\r\n(d1) x\r\n");
}

static void test_endless_line(void **state)
{
    char text[3000];

    memset(text, 'y', sizeof(text));
    console_guest_write(a, text, sizeof(text));
    console_flush(a);
    assert_int_equal(strlen(fake_uart[0]), sizeof(text));
}

/* ---- console_io */

static void test_console_io_write(void **state)
{
    static char text[300];

    memset(text, 'z', sizeof(text));
    text[299] = '\n';
    fake_map(text, sizeof(text));
    assert_int_equal(hc_console_io(CONSOLEIO_write, 300, U(text)), 0);
    assert_int_equal(strlen(fake_uart[0]), 301);
    assert_int_equal(hc_console_io(CONSOLEIO_write, 301, U(text)), -XEN_EFAULT);
    assert_int_equal(hc_console_io(CONSOLEIO_write, 1, 0xffff830000000000), -XEN_EFAULT);
    assert_int_equal(hc_console_io(9, 1, U(text)), -XEN_ENOSYS);
}

static void test_console_io_read(void **state)
{
    struct evtchn_bind_virq v = {.virq = VIRQ_CONSOLE};
    static char buf[8];

    fake_map(&v, sizeof(v));
    fake_map(buf, sizeof(buf));
    assert_int_equal(hc_event_channel_op(EVTCHNOP_bind_virq, U(&v)), 0);
    assert_int_equal(hc_console_io(CONSOLEIO_read, 8, U(buf)), 0);
    fake_type("abcdefghij");
    console_input_poll();
    assert_true(evtchn_is_pending(a, v.port));
    assert_int_equal(hc_console_io(CONSOLEIO_read, 8, U(buf)), 8);
    assert_memory_equal(buf, "abcdefgh", 8);
    assert_int_equal(hc_console_io(CONSOLEIO_read, 8, U(buf)), 2);
    assert_int_equal(hc_console_io(CONSOLEIO_read, 0x80000000, U(buf)), -XEN_EINVAL);
}

static void test_focus_moves(void **state)
{
    fake_type("1\0352\0353"); /* Ctrl-] between */
    console_input_poll();
    assert_int_equal(console_guest_read(a), '1');
    assert_int_equal(console_guest_read(a), '3');
    assert_int_equal(console_guest_read(a), -1);
    assert_int_equal(console_guest_read(b), '2');
    domain_shutdown(a, 0);
    fake_type("4");
    console_input_poll();
    assert_int_equal(console_guest_read(b), '4');
}

static void test_typing_ahead_is_bounded(void **state)
{
    char many[1000];
    unsigned n = 0;

    memset(many, 'k', sizeof(many));
    many[999] = '\0';
    fake_type(many);
    console_input_poll();
    while (console_guest_read(a) >= 0)
        n++;
    assert_int_equal(n, 256);
}

/* ---- the PV ring */

static struct xencons_interface *ring(void)
{
    a->console_mfn = stub_page(a);
    a->store_mfn = stub_page(a);
    assert_int_equal(console_ring_init(a), 0);
    return mfn_to_virt(a->console_mfn);
}

static void notify(void)
{
    struct evtchn_send s = {.port = a->console_port};

    fake_unmap_all();
    fake_map(&s, sizeof(s));
    assert_int_equal(hc_event_channel_op(EVTCHNOP_send, U(&s)), 0);
}

static void ring_say(struct xencons_interface *r, const char *s)
{
    for (; *s; s++)
        r->out[MASK_XENCONS_IDX(r->out_prod++, r->out)] = *s;
}

static void test_ring_output(void **state)
{
    struct xencons_interface *r = ring();

    r->out_prod = r->out_cons = 0xfffffff0; /* free-running indices wrap */
    ring_say(r, "text in the ring, over its end\n");
    notify();
    assert_string_equal(fake_uart[0], "text in the ring, over its end\r\n");
    assert_int_equal(r->out_cons, r->out_prod);
    assert_true(evtchn_is_pending(a, a->console_port)); /* there is room again */
}

static void test_ring_input(void **state)
{
    struct xencons_interface *r = ring();

    fake_type("early");
    console_input_poll();
    assert_int_equal(r->in_prod, 0); /* nobody listens yet */
    notify();
    assert_memory_equal(r->in, "early", 5);
    fake_type(" bird");
    console_input_poll();
    assert_int_equal(r->in_prod, 10);
    assert_memory_equal(r->in, "early bird", 10);
}

static void test_full_input_ring_waits(void **state)
{
    struct xencons_interface *r = ring();

    notify();
    r->in_prod = 1024;
    fake_type("x");
    console_input_poll();
    assert_int_equal(r->in_prod, 1024);
    r->in_cons = 10;
    notify();
    assert_int_equal(r->in_prod, 1025);
    assert_int_equal(r->in[0], 'x');
}

static void test_hostile_indices(void **state)
{
    struct xencons_interface *r = ring();

    memset(r->out, 'e', sizeof(r->out));
    r->out_prod = 5000;
    r->in_prod = 7;
    r->in_cons = 9;
    notify();
    fake_type("x");
    console_input_poll();
    console_flush(a);
    assert_string_equal(fake_uart[0], "");
    assert_int_equal(r->in_prod, 7);
    r->out_cons = r->out_prod - 2048; /* full is fine */
    notify();
    console_flush(a);
    assert_int_equal(strlen(fake_uart[0]), 2048);
}

static void test_ring_pages_are_held(void **state)
{
    ring();
    assert_int_equal(stub_refs, 2);
    console_ring_release(a);
    assert_int_equal(stub_refs, 0);
    notify(); /* nothing left to serve */
    console_ring_release(a);
    assert_int_equal(stub_refs, 0);
    a->store_mfn = MFN(FAKE_RAM_FRAMES);
    assert_true(console_ring_init(a) < 0);
    assert_int_equal(stub_refs, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_alone_without_prefix, one),
        cmocka_unit_test_setup(test_prefix_on_demand, one),
        cmocka_unit_test_setup(test_lines_stay_whole, two),
        cmocka_unit_test_setup(test_prompt_appears_after_a_moment, one),
        cmocka_unit_test_setup(test_prompt_appears_when_its_domain_waits, one),
        cmocka_unit_test_setup(test_interrupted_prompt, two),
        cmocka_unit_test_setup(test_endless_line, one),
        cmocka_unit_test_setup(test_console_io_write, one),
        cmocka_unit_test_setup(test_console_io_read, one),
        cmocka_unit_test_setup(test_focus_moves, two),
        cmocka_unit_test_setup(test_typing_ahead_is_bounded, one),
        cmocka_unit_test_setup(test_ring_output, one),
        cmocka_unit_test_setup(test_ring_input, one),
        cmocka_unit_test_setup(test_full_input_ring_waits, one),
        cmocka_unit_test_setup(test_hostile_indices, one),
        cmocka_unit_test_setup(test_ring_pages_are_held, one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
