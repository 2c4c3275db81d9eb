/* SPDX-License-Identifier: MIT */
/*
 * Frequencies of the TSC and the local APIC timer, against the PIT, and the scale of the pvclock.
 *
 * We watch channel 2 of the PIT count down. The instant it moves from one value to the next lies
 * between two readings of the TSC (a bracket); two such instants give the frequency, and the width
 * of their brackets over the time between them bounds its error. So the measurement stops as soon
 * as it is good, however slow port reads are here, and a pause of the host costs time, not
 * precision.
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

#define START_EDGES 8     /* the tightest bracket of these is the start */
#define MIN_TICKS   1200  /* 1 ms */
#define MAX_TICKS   12000 /* 10 ms */
#define WANTED_PPM  50
#define MAX_READS   2000000 /* a machine without a PIT */
#define DEFAULT_HZ  1000000000u

struct edge {
    uint32_t pit;  /* value just reached */
    uint32_t apic; /* the timer's count then */
    uint64_t tsc, bracket;
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

/* Good enough: the error the brackets allow is small, or time is up. */
static bool precise(const struct edge *a, const struct edge *b)
{
    uint32_t ticks = a->pit - b->pit;

    if (ticks >= MAX_TICKS)
        return true;
    return ticks >= MIN_TICKS &&
           (a->bracket + b->bracket) * (1000000 / WANTED_PPM) <= b->tsc - a->tsc;
}

static bool measure(struct edge *a, struct edge *b)
{
    *a = (struct edge){.bracket = ~0ull};
    for (int i = 0; i < START_EDGES; i++) {
        if (!next_edge(b))
            return false;
        if (b->bracket < a->bracket)
            *a = *b;
    }
    do {
        if (!next_edge(b))
            return false;
    } while (!precise(a, b));
    return true;
}

void tsc_calibrate(void)
{
    struct edge a, b;

    apic_timer_write(~0u);
    pit_start();
    if (measure(&a, &b)) {
        uint64_t ticks = a.pit - b.pit;

        arch_tsc_hz = muldiv(b.tsc - a.tsc, PIT_HZ, ticks);
        apic_timer_hz = muldiv(a.apic - b.apic, PIT_HZ, ticks);
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
