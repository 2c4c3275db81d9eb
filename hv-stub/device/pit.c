/* SPDX-License-Identifier: MIT */
#include "pit.h"

#define READ_BACK_NO_COUNT  0x20
#define READ_BACK_NO_STATUS 0x10

static uint64_t ticks_from_ns(uint64_t ns)
{
    return ns / DEV_NS_PER_SEC * PIT_HZ + ns % DEV_NS_PER_SEC * PIT_HZ / DEV_NS_PER_SEC;
}

/* The first nanosecond of `tick`. */
static uint64_t ns_from_ticks(uint64_t tick)
{
    return tick / PIT_HZ * DEV_NS_PER_SEC + (tick % PIT_HZ * DEV_NS_PER_SEC + PIT_HZ - 1) / PIT_HZ;
}

static uint64_t pit_now(const struct pit *pit)
{
    return ticks_from_ns(dev_now(pit->clock));
}

static bool is_periodic(const struct pit_channel *c)
{
    return c->mode == 2 || c->mode == 3;
}

/* Modes in which a rising gate, and nothing else, starts the count. */
static bool is_triggered(const struct pit_channel *c)
{
    return c->mode == 1 || c->mode == 5;
}

static uint32_t count_modulus(const struct pit_channel *c)
{
    return c->bcd ? 10000 : 0x10000;
}

/* A count written in mode 2 or 3 takes over at the end of the period that was running. */
static void channel_settle(struct pit_channel *c, uint64_t now)
{
    if (!c->next_reload || !c->gate || now < c->next_start)
        return;
    c->reload = c->next_reload;
    c->next_reload = 0;
    c->start = c->next_start;
}

/* Ticks counted since the count was loaded. */
static uint64_t channel_elapsed(const struct pit_channel *c, uint64_t now)
{
    return c->gate || is_triggered(c) ? now - c->start : c->held;
}

/* Length of the high part of a square wave's period. */
static uint32_t square_high(const struct pit_channel *c)
{
    return (c->reload + 1) / 2;
}

static uint32_t channel_count(const struct pit_channel *c, uint64_t now)
{
    uint32_t modulus = count_modulus(c), phase;
    uint64_t elapsed;

    if (!c->loaded)
        return c->reload % modulus;
    elapsed = channel_elapsed(c, now);
    switch (c->mode) {
    case 2:
        return (c->reload - elapsed % c->reload) % modulus;
    case 3: /* counts down by two, once for each half of the period */
        phase = elapsed % c->reload;
        if (phase >= square_high(c))
            phase -= square_high(c);
        return ((c->reload & ~1u) - 2 * phase) % modulus;
    default:
        return (c->reload + modulus - elapsed % modulus) % modulus;
    }
}

static bool channel_output(const struct pit_channel *c, uint64_t now)
{
    uint64_t elapsed;

    if (!c->loaded)
        return c->mode != 0;
    elapsed = channel_elapsed(c, now);
    switch (c->mode) {
    case 0:
        return elapsed >= c->reload;
    case 1:
        return elapsed >= c->reload;
    case 2:
        return !c->gate || elapsed % c->reload != c->reload - 1;
    case 3:
        return !c->gate || elapsed % c->reload < square_high(c);
    default:
        return elapsed != c->reload;
    }
}

/* The next tick after `now` at which the output rises, DEV_NEVER if it will not by itself. */
static uint64_t channel_next_rise(const struct pit_channel *c, uint64_t now)
{
    uint64_t once;

    if (!c->loaded || !c->gate)
        return DEV_NEVER;
    if (is_periodic(c))
        return c->start + ((now - c->start) / c->reload + 1) * c->reload;
    once = c->start + c->reload + (c->mode >= 4 ? 1 : 0);
    return once > now ? once : DEV_NEVER;
}

static void pit_arm(struct pit *pit, uint64_t now_ns, uint64_t earliest)
{
    uint64_t rise = channel_next_rise(&pit->channel[0], ticks_from_ns(now_ns));

    if (rise == DEV_NEVER) {
        pit->timer.deadline = DEV_NEVER;
        return;
    }
    rise = pit->edge_ns = ns_from_ticks(rise);
    pit->timer.deadline = rise > earliest ? rise : earliest;
}

/* The output stays high after a rise: what is modelled is the edge, which the PIC latches. */
static void pit_fire(void *opaque, uint64_t now_ns)
{
    struct pit *pit = opaque;

    uint64_t edge = pit->edge_ns, pause = ns_from_ticks(pit->channel[0].reload) / 4;

    irq_set(&pit->irq, false);
    irq_set(&pit->irq, true);
    channel_settle(&pit->channel[0], ticks_from_ns(now_ns));
    if (now_ns - edge > PIT_CATCH_UP_NS)
        edge = now_ns;
    pit_arm(pit, edge, now_ns + (pause > PIT_MIN_PERIOD_NS ? pause : PIT_MIN_PERIOD_NS));
}

/* The guest changed channel 0 at now_ns. That is the time the change was made with: a later one may
 * be behind the whole count, whose end would then never come. */
static void pit_changed(struct pit *pit, uint64_t now_ns)
{
    irq_set(&pit->irq, channel_output(&pit->channel[0], ticks_from_ns(now_ns)));
    pit_arm(pit, now_ns, 0);
}

static uint32_t bcd_decode(uint32_t v)
{
    return (v & 15) + (v >> 4 & 15) * 10 + (v >> 8 & 15) * 100 + (v >> 12 & 15) * 1000;
}

static uint32_t bcd_encode(uint32_t v)
{
    return v % 10 | v / 10 % 10 << 4 | v / 100 % 10 << 8 | v / 1000 % 10 << 12;
}

static void channel_load(struct pit_channel *c, uint32_t raw, uint64_t now)
{
    uint32_t count = c->bcd ? bcd_decode(raw) % 10000 : raw;

    if (!count)
        count = count_modulus(c);
    c->has_count = true;
    if (c->loaded && is_triggered(c)) {
        c->next_reload = count; /* for the next trigger */
        c->next_start = DEV_NEVER;
        return;
    }
    if (c->loaded && is_periodic(c)) {
        c->next_reload = count;
        c->next_start = c->start + ((now - c->start) / c->reload + 1) * c->reload;
        return;
    }
    c->reload = count;
    c->start = now;
    c->held = 0;
    c->loaded = !is_triggered(c);
}

static void channel_write(struct pit_channel *c, uint8_t value, uint64_t now)
{
    channel_settle(c, now);
    switch (c->access) {
    case 1:
        channel_load(c, value, now);
        break;
    case 2:
        channel_load(c, value << 8, now);
        break;
    default:
        if (c->write_high) {
            channel_load(c, value << 8 | c->write_low, now);
        } else {
            c->write_low = value;
            if (c->mode == 0)
                c->loaded = false; /* the first byte stops a count in mode 0 */
        }
        c->write_high = !c->write_high;
        break;
    }
}

static void channel_latch_count(struct pit_channel *c, uint64_t now)
{
    uint32_t count;

    if (c->latch_nr)
        return;
    count = channel_count(c, now);
    if (c->bcd)
        count = bcd_encode(count);
    c->latch_pos = 0;
    if (c->access & 1)
        c->latch[c->latch_nr++] = count;
    if (c->access & 2)
        c->latch[c->latch_nr++] = count >> 8;
}

static void channel_latch_status(struct pit_channel *c, uint64_t now)
{
    bool null_count = !c->has_count || c->next_reload || !c->loaded;

    if (c->status_latched)
        return;
    c->status_latched = true;
    c->status =
        channel_output(c, now) << 7 | null_count << 6 | c->access << 4 | c->mode << 1 | c->bcd;
}

static uint8_t channel_read(struct pit_channel *c, uint64_t now)
{
    uint8_t byte;

    channel_settle(c, now);
    if (c->status_latched) {
        c->status_latched = false;
        return c->status;
    }
    if (c->latch_nr) {
        byte = c->latch[c->latch_pos++];
        if (c->latch_pos == c->latch_nr)
            c->latch_nr = 0;
        return byte;
    }
    /* Not latched: each byte is of the count as it is now. */
    channel_latch_count(c, now);
    byte = c->latch[c->access == 3 && c->read_high];
    c->latch_nr = 0;
    c->read_high = !c->read_high;
    return byte;
}

static void channel_control(struct pit_channel *c, uint8_t value)
{
    uint8_t mode = value >> 1 & 7;

    c->mode = mode > 5 ? mode - 4 : mode; /* bit 2 does not count in modes 2 and 3 */
    c->access = value >> 4 & 3;
    c->bcd = value & 1;
    c->loaded = false;
    c->has_count = false;
    c->next_reload = 0;
    c->write_high = false;
    c->read_high = false;
    c->latch_nr = 0;
    c->status_latched = false;
}

static void pit_read_back(struct pit *pit, uint8_t value, uint64_t now)
{
    for (unsigned int i = 0; i < 3; i++) {
        struct pit_channel *c = &pit->channel[i];

        if (!(value & (2u << i)))
            continue;
        channel_settle(c, now);
        if (!(value & READ_BACK_NO_COUNT))
            channel_latch_count(c, now);
        if (!(value & READ_BACK_NO_STATUS))
            channel_latch_status(c, now);
    }
}

static void pit_control(struct pit *pit, uint8_t value, uint64_t now_ns)
{
    uint64_t now = ticks_from_ns(now_ns);
    unsigned int n = value >> 6;

    if (n == 3) {
        pit_read_back(pit, value, now);
        return;
    }
    if (!(value & 0x30)) {
        channel_settle(&pit->channel[n], now);
        channel_latch_count(&pit->channel[n], now);
        return;
    }
    channel_control(&pit->channel[n], value);
    if (n == 0)
        pit_changed(pit, now_ns);
}

static uint32_t pit_read(void *opaque, uint16_t port, unsigned int size)
{
    struct pit *pit = opaque;

    if ((port & 3) == 3)
        return 0; /* the control word is write-only */
    return channel_read(&pit->channel[port & 3], pit_now(pit));
}

static void pit_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct pit *pit = opaque;
    uint64_t now_ns = dev_now(pit->clock);

    if ((port & 3) == 3) {
        pit_control(pit, value, now_ns);
        return;
    }
    channel_write(&pit->channel[port & 3], value, ticks_from_ns(now_ns));
    if ((port & 3) == 0)
        pit_changed(pit, now_ns);
}

static void channel_gate(struct pit_channel *c, bool gate, uint64_t now)
{
    if (gate == c->gate)
        return;
    channel_settle(c, now);
    if (!gate) {
        c->held = channel_elapsed(c, now);
        c->gate = false;
        return;
    }
    c->gate = true;
    if (!is_periodic(c) && !is_triggered(c)) {
        c->start = now - c->held; /* modes 0 and 4 go on where they stopped */
        return;
    }
    if (c->next_reload)
        c->reload = c->next_reload;
    c->next_reload = 0;
    c->start = now;
    c->loaded = c->has_count;
}

bool pit_output(struct pit *pit, unsigned int channel)
{
    struct pit_channel *c = &pit->channel[channel];
    uint64_t now = pit_now(pit);

    channel_settle(c, now);
    return channel_output(c, now);
}

/* Bit 4 toggles with each memory refresh, every 15.085 us; delay loops count it. */
static uint32_t port61_read(void *opaque, uint16_t port, unsigned int size)
{
    struct pit *pit = opaque;
    uint32_t refresh = dev_now(pit->clock) / 15085 & 1;

    return pit->port61 | refresh << 4 | pit_output(pit, 2) << 5;
}

static void port61_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct pit *pit = opaque;

    pit->port61 = value & 0x0f;
    channel_gate(&pit->channel[2], value & 1, pit_now(pit));
}

static const struct dev_port_ops pit_ops = {pit_read, pit_write};
static const struct dev_port_ops port61_ops = {port61_read, port61_write};

bool dev_pit_init(struct pit *pit, struct dev_bus *bus, struct dev_timers *timers,
                  const struct dev_clock *clock, struct irq_line irq)
{
    *pit = (struct pit){.clock = clock, .irq = irq};
    for (unsigned int i = 0; i < 3; i++) {
        pit->channel[i].mode = 3;
        pit->channel[i].access = 3;
        pit->channel[i].gate = i != 2;
        pit->channel[i].reload = 0x10000;
    }
    dev_timer_add(timers, &pit->timer, pit_fire, pit);
    return dev_bus_claim(bus, 0x40, 4, 1, &pit_ops, pit) &&
           dev_bus_claim(bus, 0x61, 1, 1, &port61_ops, pit);
}
