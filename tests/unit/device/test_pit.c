/* SPDX-License-Identifier: MIT */
/* The 8254 against its data sheet. */
#include "machine.h"

#define T(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)

/* Time to just after `n` clocks of the timer. */
#define TICKS(n) (((uint64_t)(n)*S + PIT_HZ - 1) / PIT_HZ)

static void load(struct machine *m, unsigned int channel, unsigned int mode, uint16_t count)
{
    outb(m, 0x43, channel << 6 | 0x30 | mode << 1);
    outb(m, 0x40 + channel, count);
    outb(m, 0x40 + channel, count >> 8);
}

static uint16_t read_pair(struct machine *m, unsigned int channel)
{
    uint8_t low = inb(m, 0x40 + channel);

    return low | inb(m, 0x40 + channel) << 8;
}

static uint16_t latched(struct machine *m, unsigned int channel)
{
    outb(m, 0x43, channel << 6);
    return read_pair(m, channel);
}

static uint8_t status(struct machine *m, unsigned int channel)
{
    outb(m, 0x43, 0xe0 | 2 << channel);
    return inb(m, 0x40 + channel);
}

/* Timer interrupts taken and served during `ns`. */
static unsigned int count_irqs(struct machine *m, uint64_t ns)
{
    uint64_t end = m->now + ns;
    unsigned int nr = 0;

    for (;;) {
        uint64_t next = dev_timers_next(&m->pc.timers);

        if (next > end)
            break;
        machine_run(m, next > m->now ? next - m->now : 0);
        while (pic_pending(&m->pc.pic)) {
            assert_int_equal(pic_ack(&m->pc.pic), 0x20);
            outb(m, 0x20, 0x20);
            nr++;
        }
    }
    machine_run(m, end - m->now);
    return nr;
}

static void setup_irqs(struct machine *m)
{
    machine_init_pic(m);
    outb(m, 0x21, 0xfe);
}

static void test_rate_generator_ticks(void **state)
{
    struct machine *m = *state;

    setup_irqs(m);
    load(m, 0, 2, 11932);
    count_irqs(m, 0);
    assert_in_range(count_irqs(m, S), 99, 101);
    load(m, 0, 3, 0); /* 65536: 18.2 Hz */
    count_irqs(m, 0);
    assert_in_range(count_irqs(m, 10 * S), 181, 183);
}

static void test_interrupt_storm_is_limited(void **state)
{
    struct machine *m = *state;

    setup_irqs(m);
    load(m, 0, 2, 1);
    assert_in_range(count_irqs(m, 10 * MS), 400, 502);
}

static void test_late_host_catches_up(void **state)
{
    struct machine *m = *state;

    setup_irqs(m);
    load(m, 0, 2, 1193);
    count_irqs(m, 0);
    m->now += 50 * MS;
    assert_int_equal(count_irqs(m, 0), 1);
    assert_in_range(count_irqs(m, 10 * MS), 38, 42);
    assert_in_range(count_irqs(m, 90 * MS), 109, 113); /* all of them in the end */
    m->now += 5 * S;
    assert_in_range(count_irqs(m, 10 * MS), 10, 12); /* too late for that */
}

static void test_mode0_interrupts_once(void **state)
{
    struct machine *m = *state;

    setup_irqs(m);
    load(m, 0, 0, 1000);
    assert_false(pit_output(&m->pc.pit, 0));
    assert_int_equal(count_irqs(m, TICKS(999)), 0);
    assert_int_equal(count_irqs(m, TICKS(2)), 1);
    assert_true(pit_output(&m->pc.pit, 0));
    assert_int_equal(count_irqs(m, S), 0);
    outb(m, 0x40, 10); /* the first byte stops the count and drops the output */
    assert_false(pit_output(&m->pc.pit, 0));
    assert_int_equal(count_irqs(m, S), 0);
    outb(m, 0x40, 0);
    assert_int_equal(count_irqs(m, S), 1);
}

static void test_mode4_one_shot(void **state)
{
    struct machine *m = *state;

    setup_irqs(m);
    load(m, 0, 4, 1000);
    count_irqs(m, 0);
    assert_int_equal(count_irqs(m, TICKS(999)), 0);
    assert_int_equal(count_irqs(m, S), 1);
    outb(m, 0x40, 0xe8); /* a clock event device just writes the next count */
    outb(m, 0x40, 0x03);
    assert_int_equal(count_irqs(m, TICKS(990)), 0);
    assert_int_equal(count_irqs(m, S), 1);
}

static void test_counts_down_and_latches(void **state)
{
    struct machine *m = *state;

    load(m, 0, 2, 1000);
    m->now += TICKS(100);
    outb(m, 0x43, 0x00);
    m->now += TICKS(100);
    outb(m, 0x43, 0x00); /* a second latch before the first was read does nothing */
    assert_int_equal(read_pair(m, 0), 900);
    assert_int_equal(latched(m, 0), 800);
    m->now += TICKS(850);
    assert_int_equal(latched(m, 0), 950);
}

static void test_mode0_wraps(void **state)
{
    struct machine *m = *state;

    load(m, 0, 0, 100);
    m->now += TICKS(110);
    assert_int_equal(latched(m, 0), 0xfff6);
}

static void test_mode3_counts_by_two(void **state)
{
    struct machine *m = *state;

    load(m, 0, 3, 1000);
    m->now += TICKS(100);
    assert_int_equal(latched(m, 0), 800);
    assert_true(pit_output(&m->pc.pit, 0));
    m->now += TICKS(450);
    assert_int_equal(latched(m, 0), 900);
    assert_false(pit_output(&m->pc.pit, 0));
}

static void test_bcd(void **state)
{
    struct machine *m = *state;

    outb(m, 0x43, 0x35);
    outb(m, 0x40, 0x00);
    outb(m, 0x40, 0x10); /* 1000 */
    m->now += TICKS(1);
    assert_int_equal(latched(m, 0), 0x0999);
    m->now += TICKS(400);
    assert_int_equal(latched(m, 0), 0x0599);
    outb(m, 0x43, 0x31);
    outb(m, 0x40, 0xff); /* not decimal: must not break anything */
    outb(m, 0x40, 0xff);
    m->now += TICKS(3);
    latched(m, 0);
    outb(m, 0x40, 0);
    outb(m, 0x40, 0); /* 10000 */
    m->now += TICKS(1);
    assert_int_equal(latched(m, 0), 0x9999);
}

static void test_single_byte_access(void **state)
{
    struct machine *m = *state;

    outb(m, 0x43, 0x14); /* low byte, mode 2 */
    outb(m, 0x40, 200);
    m->now += TICKS(50);
    assert_int_equal(inb(m, 0x40), 150);
    assert_int_equal(inb(m, 0x40), 150);
    outb(m, 0x43, 0x24); /* high byte */
    outb(m, 0x40, 0x10);
    m->now += TICKS(0x101);
    assert_int_equal(inb(m, 0x40), 0x0e);
    outb(m, 0x43, 0x00);
    assert_int_equal(inb(m, 0x40), 0x0e);
}

static void test_read_back(void **state)
{
    struct machine *m = *state;

    outb(m, 0x43, 0x34);
    assert_int_equal(status(m, 0), 0xf4); /* out high, null count, both bytes, mode 2 */
    outb(m, 0x40, 100);
    outb(m, 0x40, 0);
    assert_int_equal(status(m, 0), 0xb4);
    m->now += TICKS(10);
    outb(m, 0x43, 0xc2); /* count and status of channel 0: status comes first */
    m->now += TICKS(10);
    assert_int_equal(inb(m, 0x40), 0xb4);
    assert_int_equal(inb(m, 0x40), 90);
    assert_int_equal(inb(m, 0x40), 0);
    assert_int_equal(inb(m, 0x40), 80);
    outb(m, 0x40, 50); /* takes over at the end of the period: null until then */
    outb(m, 0x40, 0);
    assert_int_equal(status(m, 0), 0xf4);
    m->now += TICKS(81);
    assert_int_equal(status(m, 0), 0xb4);
    load(m, 0, 7, 10); /* modes 6 and 7 are 2 and 3 */
    assert_int_equal(status(m, 0) & 0x3f, 0x36);
}

static void test_new_count_waits_for_period(void **state)
{
    struct machine *m = *state;

    load(m, 0, 2, 1000);
    m->now += TICKS(900);
    outb(m, 0x40, 0xd0);
    outb(m, 0x40, 0x07); /* 2000 */
    m->now += TICKS(50);
    assert_int_equal(latched(m, 0), 50);
    m->now += TICKS(100);
    assert_int_equal(latched(m, 0), 1950);
}

/* How kernels calibrate: channel 2, mode 0, gate and output through port 0x61. */
static void test_channel2_gate(void **state)
{
    struct machine *m = *state;

    outb(m, 0x61, 0);
    load(m, 2, 0, 1000);
    m->now += TICKS(5000);
    assert_int_equal(inb(m, 0x61) & 0x21, 0);
    assert_int_equal(latched(m, 2), 1000); /* the gate is low */
    outb(m, 0x61, 1);
    m->now += TICKS(400);
    assert_int_equal(latched(m, 2), 600);
    outb(m, 0x61, 0);
    m->now += TICKS(400);
    assert_int_equal(latched(m, 2), 600);
    outb(m, 0x61, 1);
    m->now += TICKS(601);
    assert_int_equal(inb(m, 0x61) & 0x21, 0x21);
}

static void test_triggered_modes(void **state)
{
    struct machine *m = *state;

    outb(m, 0x61, 0);
    load(m, 2, 1, 100);
    m->now += TICKS(500);
    assert_true(pit_output(&m->pc.pit, 2));
    outb(m, 0x61, 1); /* trigger */
    m->now += TICKS(50);
    assert_false(pit_output(&m->pc.pit, 2));
    outb(m, 0x61, 0);
    outb(m, 0x61, 1); /* retrigger */
    m->now += TICKS(60);
    assert_false(pit_output(&m->pc.pit, 2));
    m->now += TICKS(41);
    assert_true(pit_output(&m->pc.pit, 2));

    load(m, 2, 5, 100);
    outb(m, 0x61, 0);
    outb(m, 0x61, 1);
    m->now += TICKS(100);
    assert_false(pit_output(&m->pc.pit, 2));
    m->now += TICKS(1);
    assert_true(pit_output(&m->pc.pit, 2));
    /* Channel 0's gate is tied high: never triggered. */
    setup_irqs(m);
    load(m, 0, 1, 100);
    count_irqs(m, 0);
    assert_int_equal(count_irqs(m, S), 0);
}

static void test_gate_restarts_square_wave(void **state)
{
    struct machine *m = *state;

    outb(m, 0x61, 1);
    load(m, 2, 3, 1000);
    m->now += TICKS(600);
    assert_false(pit_output(&m->pc.pit, 2));
    outb(m, 0x61, 0);
    assert_true(pit_output(&m->pc.pit, 2));
    outb(m, 0x61, 1);
    m->now += TICKS(100);
    assert_int_equal(latched(m, 2), 800);
}

static void test_refresh_bit_toggles(void **state)
{
    struct machine *m = *state;
    unsigned int toggles = 0;

    for (uint8_t last = inb(m, 0x61) & 0x10; m->now < 5 * S + MS; m->now += US) {
        toggles += (inb(m, 0x61) & 0x10) != last;
        last = inb(m, 0x61) & 0x10;
    }
    assert_in_range(toggles, 65, 67);
}

/* The computer stood still while the model took the count: it is over, and says so. */
static void test_count_shorter_than_its_own_start(void **state)
{
    struct machine *m = *state;

    setup_irqs(m);
    for (unsigned int mode = 0; mode < 5; mode += 4) {
        m->pause = 5 * MS;
        load(m, 0, mode, 100);
        m->pause = 0;
        assert_int_equal(count_irqs(m, S), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_rate_generator_ticks),
        T(test_interrupt_storm_is_limited),
        T(test_late_host_catches_up),
        T(test_mode0_interrupts_once),
        T(test_mode4_one_shot),
        T(test_counts_down_and_latches),
        T(test_mode0_wraps),
        T(test_mode3_counts_by_two),
        T(test_bcd),
        T(test_single_byte_access),
        T(test_read_back),
        T(test_new_count_waits_for_period),
        T(test_channel2_gate),
        T(test_triggered_modes),
        T(test_gate_restarts_square_wave),
        T(test_refresh_bit_toggles),
        T(test_count_shorter_than_its_own_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
