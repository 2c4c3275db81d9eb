/* SPDX-License-Identifier: MIT */
#include "calendar.h"
#include "rtc.h"

enum {
    REG_SECOND,
    REG_SECOND_ALARM,
    REG_MINUTE,
    REG_MINUTE_ALARM,
    REG_HOUR,
    REG_HOUR_ALARM,
    REG_WEEKDAY,
    REG_DAY,
    REG_MONTH,
    REG_YEAR,
    REG_A,
    REG_B,
    REG_C,
    REG_D,
    REG_CENTURY = 0x32,
};

#define A_UIP           0x80
#define A_DIVIDER_RESET 0x60 /* both bits set: the divider chain is held in reset */
#define A_RATE          0x0f

#define B_SET    0x80
#define B_PIE    0x40
#define B_AIE    0x20
#define B_UIE    0x10
#define B_BINARY 0x04
#define B_24H    0x02

#define C_IRQF 0x80
#define C_PF   0x40
#define C_AF   0x20
#define C_UF   0x10

#define D_VALID 0x80

#define ALARM_ANY 0xc0 /* alarm bytes from here on match everything */
#define HOUR_PM   0x80

#define UIP_NS     244141u /* the update starts 244 us after UIP rises */
#define TICK_HZ    32768u
#define DAY        86400
#define HALF_A_SEC (DEV_NS_PER_SEC / 2)

static bool rtc_held(const struct rtc *rtc)
{
    return rtc->ram[REG_B] & B_SET || (rtc->ram[REG_A] & A_DIVIDER_RESET) == A_DIVIDER_RESET;
}

static int64_t rtc_seconds(const struct rtc *rtc, uint64_t now)
{
    return rtc->base_sec + (int64_t)((now + rtc->base_ns) / DEV_NS_PER_SEC);
}

static uint32_t rtc_subsecond(const struct rtc *rtc, uint64_t now)
{
    return (now + rtc->base_ns) % DEV_NS_PER_SEC;
}

/* Guest time at which second `sec` of the day's clock begins. */
static uint64_t rtc_ns_of(const struct rtc *rtc, int64_t sec)
{
    return (uint64_t)(sec - rtc->base_sec) * DEV_NS_PER_SEC - rtc->base_ns;
}

static uint8_t rtc_encode(const struct rtc *rtc, int value)
{
    return rtc->ram[REG_B] & B_BINARY ? value : value / 10 << 4 | value % 10;
}

static int rtc_decode(const struct rtc *rtc, uint8_t raw)
{
    return rtc->ram[REG_B] & B_BINARY ? raw : (raw >> 4) * 10 + (raw & 15);
}

static uint8_t rtc_encode_hour(const struct rtc *rtc, int hour)
{
    if (rtc->ram[REG_B] & B_24H)
        return rtc_encode(rtc, hour);
    return rtc_encode(rtc, (hour + 11) % 12 + 1) | (hour >= 12 ? HOUR_PM : 0);
}

static int rtc_decode_hour(const struct rtc *rtc, uint8_t raw)
{
    if (rtc->ram[REG_B] & B_24H)
        return rtc_decode(rtc, raw);
    return rtc_decode(rtc, raw & ~HOUR_PM) % 12 + (raw & HOUR_PM ? 12 : 0);
}

/* Puts the time of day into its registers. */
static void rtc_store_time(struct rtc *rtc, int64_t seconds)
{
    struct calendar date = calendar_from_unix(seconds);

    rtc->ram[REG_SECOND] = rtc_encode(rtc, date.second);
    rtc->ram[REG_MINUTE] = rtc_encode(rtc, date.minute);
    rtc->ram[REG_HOUR] = rtc_encode_hour(rtc, date.hour);
    rtc->ram[REG_WEEKDAY] = rtc_encode(rtc, date.weekday);
    rtc->ram[REG_DAY] = rtc_encode(rtc, date.day);
    rtc->ram[REG_MONTH] = rtc_encode(rtc, date.month);
    rtc->ram[REG_YEAR] = rtc_encode(rtc, date.year % 100);
    rtc->ram[REG_CENTURY] = rtc_encode(rtc, date.year / 100);
}

/* Takes the time of day from its registers; the second now running is `phase` ns old. */
static void rtc_load_time(struct rtc *rtc, uint64_t now, uint32_t phase)
{
    int month = rtc_decode(rtc, rtc->ram[REG_MONTH]);
    int century = rtc_decode(rtc, rtc->ram[REG_CENTURY]);
    struct calendar date = {
        /* Whatever bytes the guest wrote, stay where the calendar is defined. */
        .year = (century < 17 ? 20 : century) * 100 + rtc_decode(rtc, rtc->ram[REG_YEAR]) % 100,
        .month = month < 1 || month > 12 ? 1 : month,
        .day = rtc_decode(rtc, rtc->ram[REG_DAY]),
        .hour = rtc_decode_hour(rtc, rtc->ram[REG_HOUR]),
        .minute = rtc_decode(rtc, rtc->ram[REG_MINUTE]),
        .second = rtc_decode(rtc, rtc->ram[REG_SECOND]),
    };
    uint64_t whole = now / DEV_NS_PER_SEC;
    uint32_t rest = now % DEV_NS_PER_SEC;

    rtc->base_sec = calendar_to_unix(&date) - (int64_t)whole - (rest > phase ? 1 : 0);
    rtc->base_ns = (phase + DEV_NS_PER_SEC - rest) % DEV_NS_PER_SEC;
    rtc->seen_sec = rtc_seconds(rtc, now);
}

/* Ticks between two periodic interrupts; 0 = the rate is off. */
static uint64_t rtc_period(const struct rtc *rtc)
{
    unsigned int rate = rtc->ram[REG_A] & A_RATE;

    if (!rate || (rtc->ram[REG_A] & A_DIVIDER_RESET) == A_DIVIDER_RESET)
        return 0;
    return 1u << (rate <= 2 ? rate + 6 : rate - 1); /* rates 1 and 2 are slow ones, too */
}

static uint64_t tick_from_ns(uint64_t ns)
{
    return ns / DEV_NS_PER_SEC * TICK_HZ + ns % DEV_NS_PER_SEC * TICK_HZ / DEV_NS_PER_SEC;
}

static uint64_t ns_from_tick(uint64_t tick)
{
    return tick / TICK_HZ * DEV_NS_PER_SEC +
           (tick % TICK_HZ * DEV_NS_PER_SEC + TICK_HZ - 1) / TICK_HZ;
}

static bool alarm_byte_matches(uint8_t raw, int decoded, int value)
{
    return raw >= ALARM_ANY || decoded == value;
}

/* Seconds from `sec` (second of the day) to the first alarm after it, 0 if no time matches. A
 * mismatch skips the whole hour or minute, so this takes at most some 150 steps. */
static int rtc_alarm_distance(const struct rtc *rtc, int sec)
{
    uint8_t h = rtc->ram[REG_HOUR_ALARM], m = rtc->ram[REG_MINUTE_ALARM];
    uint8_t s = rtc->ram[REG_SECOND_ALARM];
    int hour = rtc_decode_hour(rtc, h), minute = rtc_decode(rtc, m), second = rtc_decode(rtc, s);
    int t = sec + 1;

    while (t <= sec + DAY) {
        int of_day = t % DAY;

        if (!alarm_byte_matches(h, hour, of_day / 3600))
            t += 3600 - of_day % 3600;
        else if (!alarm_byte_matches(m, minute, of_day / 60 % 60))
            t += 60 - of_day % 60;
        else if (!alarm_byte_matches(s, second, of_day % 60))
            t++;
        else
            return t - sec;
    }
    return 0;
}

static int second_of_day(int64_t seconds)
{
    int s = seconds % DAY;

    return s < 0 ? s + DAY : s;
}

/* Brings the flags of register C up to `now`. */
static void rtc_catch_up(struct rtc *rtc, uint64_t now)
{
    uint64_t period = rtc_period(rtc), tick = tick_from_ns(now);
    int64_t sec;
    int distance;

    if (period && tick / period > rtc->seen_tick / period)
        rtc->ram[REG_C] |= C_PF;
    rtc->seen_tick = tick;
    if (rtc_held(rtc))
        return;
    sec = rtc_seconds(rtc, now);
    if (sec == rtc->seen_sec)
        return;
    rtc->ram[REG_C] |= C_UF;
    distance = rtc_alarm_distance(rtc, second_of_day(rtc->seen_sec));
    if (distance && sec - rtc->seen_sec >= distance)
        rtc->ram[REG_C] |= C_AF;
    rtc->seen_sec = sec;
}

/* When the next enabled flag will be set that is not set already. */
static uint64_t rtc_next_event(const struct rtc *rtc, uint64_t now)
{
    uint8_t want = rtc->ram[REG_B] & ~rtc->ram[REG_C];
    uint64_t period = rtc_period(rtc), next = DEV_NEVER, at;
    int distance;

    if ((want & B_PIE) && period)
        next = ns_from_tick((tick_from_ns(now) / period + 1) * period);
    if (rtc_held(rtc))
        return next;
    if (want & B_UIE) {
        at = rtc_ns_of(rtc, rtc->seen_sec + 1);
        next = at < next ? at : next;
    }
    if (want & B_AIE) {
        distance = rtc_alarm_distance(rtc, second_of_day(rtc->seen_sec));
        at = distance ? rtc_ns_of(rtc, rtc->seen_sec + distance) : DEV_NEVER;
        next = at < next ? at : next;
    }
    return next;
}

/* Recomputes the interrupt output and the timer; the flags must be up to date. While the output
 * is high nothing further can change it before the guest reads register C. */
static void rtc_update(struct rtc *rtc, uint64_t now)
{
    bool raised = rtc->ram[REG_C] & rtc->ram[REG_B] & (C_PF | C_AF | C_UF);

    if (raised)
        rtc->ram[REG_C] |= C_IRQF;
    else
        rtc->ram[REG_C] &= ~C_IRQF;
    irq_set(&rtc->irq, raised);
    rtc->timer.deadline = raised ? DEV_NEVER : rtc_next_event(rtc, now);
}

static void rtc_fire(void *opaque, uint64_t now)
{
    struct rtc *rtc = opaque;

    rtc_catch_up(rtc, now);
    rtc_update(rtc, now);
}

static bool is_time_reg(unsigned int reg)
{
    return reg == REG_SECOND || reg == REG_MINUTE || reg == REG_HOUR ||
           (reg >= REG_WEEKDAY && reg <= REG_YEAR) || reg == REG_CENTURY;
}

static uint8_t rtc_read_reg(struct rtc *rtc, unsigned int reg, uint64_t now)
{
    uint8_t value;

    if (is_time_reg(reg) && !rtc_held(rtc))
        rtc_store_time(rtc, rtc_seconds(rtc, now));
    value = rtc->ram[reg];
    if (reg == REG_A && !rtc_held(rtc) && rtc_subsecond(rtc, now) >= DEV_NS_PER_SEC - UIP_NS)
        value |= A_UIP;
    if (reg == REG_C) {
        rtc_catch_up(rtc, now);
        rtc_update(rtc, now);
        value = rtc->ram[REG_C];
        rtc->ram[REG_C] = 0;
        rtc_update(rtc, now);
    }
    return value;
}

/* Registers A and B may stop and restart the clock. After a divider reset the first update comes
 * half a second later; after SET alone the second in progress goes on. */
static void rtc_write_control(struct rtc *rtc, unsigned int reg, uint8_t value, uint64_t now)
{
    bool was_held = rtc_held(rtc);
    uint32_t phase = reg == REG_A ? HALF_A_SEC : rtc_subsecond(rtc, now);

    if (!was_held)
        rtc_store_time(rtc, rtc_seconds(rtc, now));
    if (reg == REG_A)
        rtc->ram[REG_A] = value & ~A_UIP;
    else
        rtc->ram[REG_B] = value & B_SET ? value & ~B_UIE : value; /* SET clears UIE */
    if (was_held && !rtc_held(rtc))
        rtc_load_time(rtc, now, phase);
}

static void rtc_write_reg(struct rtc *rtc, unsigned int reg, uint8_t value, uint64_t now)
{
    if (reg == REG_C || reg == REG_D)
        return;
    rtc_catch_up(rtc, now);
    if (reg == REG_A || reg == REG_B) {
        rtc_write_control(rtc, reg, value, now);
    } else if (is_time_reg(reg) && !rtc_held(rtc)) {
        rtc_store_time(rtc, rtc_seconds(rtc, now));
        rtc->ram[reg] = value;
        rtc_load_time(rtc, now, rtc_subsecond(rtc, now));
    } else {
        rtc->ram[reg] = value;
    }
    rtc_update(rtc, now);
}

static uint32_t rtc_read(void *opaque, uint16_t port, unsigned int size)
{
    struct rtc *rtc = opaque;

    if (!(port & 1))
        return 0xff; /* the index is write-only */
    return rtc_read_reg(rtc, rtc->index, dev_now(rtc->clock));
}

static void rtc_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct rtc *rtc = opaque;

    if (port & 1)
        rtc_write_reg(rtc, rtc->index, value, dev_now(rtc->clock));
    else
        rtc->index = value % RTC_BYTES; /* bit 7 is the NMI mask: we send none */
}

static void put16(uint8_t *byte, uint64_t value)
{
    value = value > 0xffff ? 0xffff : value;
    byte[0] = value;
    byte[1] = value >> 8;
}

/* Memory sizes where BIOSes leave them: KiB below 1 MiB, KiB above it (twice), and 64 KiB units
 * above 16 MiB. */
static void rtc_describe_memory(struct rtc *rtc, uint64_t memory)
{
    uint64_t above_1m = memory > 0x100000 ? memory - 0x100000 : 0;
    uint64_t above_16m = memory > 0x1000000 ? memory - 0x1000000 : 0;

    put16(&rtc->ram[0x15], 640);
    put16(&rtc->ram[0x17], above_1m >> 10);
    put16(&rtc->ram[0x30], above_1m >> 10);
    put16(&rtc->ram[0x34], above_16m >> 16);
}

static const struct dev_port_ops rtc_ops = {rtc_read, rtc_write};

bool dev_rtc_init(struct rtc *rtc, struct dev_bus *bus, struct dev_timers *timers,
                  const struct dev_clock *clock, struct irq_line irq, int64_t unix_time,
                  uint64_t memory)
{
    *rtc = (struct rtc){.clock = clock, .irq = irq, .base_sec = unix_time};
    rtc->ram[REG_A] = 0x26; /* 32768 Hz crystal, 1024 Hz rate */
    rtc->ram[REG_B] = B_24H;
    rtc->ram[REG_D] = D_VALID;
    rtc->seen_sec = rtc_seconds(rtc, dev_now(clock));
    rtc->seen_tick = tick_from_ns(dev_now(clock));
    rtc_describe_memory(rtc, memory);
    dev_timer_add(timers, &rtc->timer, rtc_fire, rtc);
    return dev_bus_claim(bus, 0x70, 2, 1, &rtc_ops, rtc);
}
