/* SPDX-License-Identifier: MIT */
/*
 * Frequencies of the TSC and the local APIC timer, against the PIT, and the scale of the pvclock.
 *
 * We watch channel 2 of the PIT count down. The instant it moves from one value to the next lies
 * between two readings of the TSC (a bracket); two such instants give the frequency, and the width
 * of their brackets over the time between them bounds its error. So the measurement stops as soon
 * as it is good, however slow port reads are here, and a pause of the host costs time, not
 * precision. After a pause of 55 ms the count has wrapped around, and we begin again: the channel's
 * output, which goes up at the end of the count and stays there, tells.
 */
#include "hv.h"
#include "apic.h"
#include "cpu.h"
#include "machine.h"
#include "muldiv.h"

#define PIT_HZ         1193182u
#define PIT_CH2        0x42
#define PIT_COMMAND    0x43
#define PIT_LATCH_CH2  0x80
#define PIT_CH2_MODE0  0xb0 /* low byte then high byte, interrupt on terminal count */
#define PORT_B         0x61
#define PORT_B_GATE2   0x01
#define PORT_B_SPEAKER 0x02
#define PORT_B_OUT2    0x20

#define START_EDGES 8     /* the tightest bracket of these is the start */
#define MIN_TICKS   1200  /* 1 ms */
#define LONG_TICKS  12000 /* 10 ms: from here on less is good enough */
#define WANTED_PPM  50
#define LONG_PPM    1000
#define ATTEMPTS    20
#define MAX_READS   2000000 /* a machine without a PIT */
#define DEFAULT_HZ  1000000000u

struct edge {
    uint32_t pit;  /* value just reached */
    uint32_t apic; /* the timer's count then */
    uint64_t tsc, bracket;
};

/* From one edge to another. */
struct span {
    uint32_t ticks; /* of the PIT; 0: none yet */
    uint32_t apic;
    uint64_t tsc;
    uint64_t ppm; /* what the brackets allow it to be wrong by, in millionths */
};

uint64_t arch_tsc_hz;
uint64_t apic_timer_hz;

static uint32_t pit_read(void)
{
    uint8_t low;

    outb(PIT_COMMAND, PIT_LATCH_CH2);
    low = inb(PIT_CH2);
    return low | (uint32_t)inb(PIT_CH2) << 8;
}

static void pit_start(void)
{
    outb(PORT_B, (inb(PORT_B) & (uint8_t)~PORT_B_SPEAKER) | PORT_B_GATE2);
    outb(PIT_COMMAND, PIT_CH2_MODE0);
    outb(PIT_CH2, 0xff);
    outb(PIT_CH2, 0xff);
}

static void pit_stop(void)
{
    outb(PORT_B, inb(PORT_B) & (uint8_t) ~(PORT_B_SPEAKER | PORT_B_GATE2));
}

/* Wait for the count to change. */
static bool next_edge(struct edge *e)
{
    uint64_t before = rdtsc();
    uint32_t old = pit_read();

    for (int i = 0; i < MAX_READS; i++) {
        uint64_t mid = rdtsc();

        e->pit = pit_read();
        e->apic = apic_timer_read();
        e->tsc = rdtsc();
        e->bracket = e->tsc - before;
        if (e->pit != old)
            return true;
        before = mid;
    }
    return false;
}

static bool find_start(struct edge *a)
{
    struct edge e;

    a->bracket = ~0ull;
    for (int i = 0; i < START_EDGES; i++) {
        if (!next_edge(&e))
            return false;
        if (e.bracket < a->bracket)
            *a = e;
    }
    return true;
}

static bool good(const struct span *s)
{
    return s->ppm <= (s->ticks < LONG_TICKS ? WANTED_PPM : LONG_PPM);
}

/* One run of the counter, or until *best is good. False: it does not count. */
static bool measure(struct span *best)
{
    struct edge a = {0}, b;

    apic_timer_write(~0u);
    pit_start();
    if (!find_start(&a))
        return false;
    while (!good(best)) {
        struct span s;

        if (!next_edge(&b))
            return false;
        if (inb(PORT_B) & PORT_B_OUT2)
            return true;
        s = (struct span){.ticks = a.pit - b.pit, .apic = a.apic - b.apic, .tsc = b.tsc - a.tsc};
        if (s.ticks < MIN_TICKS)
            continue;
        s.ppm = muldiv(a.bracket + b.bracket, 1000000, s.tsc);
        if (s.ppm < best->ppm)
            *best = s;
    }
    return true;
}

void tsc_calibrate(void)
{
    struct span best = {.ppm = ~0ull};

    for (int i = 0; i < ATTEMPTS && !good(&best); i++)
        if (!measure(&best))
            break;
    if (best.ticks) {
        arch_tsc_hz = muldiv(best.tsc, PIT_HZ, best.ticks);
        apic_timer_hz = muldiv(best.apic, PIT_HZ, best.ticks);
    } else {
        arch_tsc_hz = apic_timer_hz = DEFAULT_HZ;
        hv_log("no PIT to measure the clock with: assuming a TSC of 1 GHz");
    }
    apic_timer_write(0);
    pit_stop();
    apic_timer_ready();
}

uint64_t arch_tsc(void)
{
    return rdtsc();
}

/* Choose the shift so that the multiplier has its top bit set: (2^31, 2^32]. */
void arch_time_scale(uint32_t *mul, int8_t *shift)
{
    uint64_t hz = arch_tsc_hz;
    int8_t s = 0;

    while (hz > 2000000000u) {
        hz >>= 1;
        s--;
    }
    while (hz <= 1000000000u) {
        hz <<= 1;
        s++;
    }
    *mul = (uint32_t)div128(1000000000ull >> 32, 1000000000ull << 32, hz);
    *shift = s;
}
