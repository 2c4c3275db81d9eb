/* SPDX-License-Identifier: MIT */
/*
 * The one interface between emulated hardware and whoever hosts it: port dispatch, interrupt
 * lines, guest time and timers.
 *
 * A device model is a plain struct, owned by the host that embeds it; it allocates nothing, keeps
 * no globals and takes no locks: the host serialises all calls on one machine. A guest may issue
 * any sequence of accesses; every call below does a bounded amount of work.
 */
#ifndef PVKIT_DEVICE_H
#define PVKIT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "No deadline": later than any guest time. */
#define DEV_NEVER UINT64_MAX

#define DEV_NS_PER_SEC 1000000000ull

/* Guest time: nanoseconds since the machine was created, never going back. */
struct dev_clock {
    uint64_t (*now)(void *opaque);
    void *opaque;
};

static inline uint64_t dev_now(const struct dev_clock *clock)
{
    return clock->now(clock->opaque);
}

/* An output pin: an interrupt request, or a chip's INTR. Devices call irq_set() on every change of
 * level and may repeat the current one. */
struct irq_line {
    void (*set)(void *opaque, unsigned int n, bool level);
    void *opaque;
    unsigned int n;
};

static inline void irq_set(const struct irq_line *line, bool level)
{
    if (line->set)
        line->set(line->opaque, line->n, level);
}

/*
 * A timer: `fire` runs once when guest time has reached `deadline` (absolute, DEV_NEVER = off).
 * The deadline is set to DEV_NEVER before `fire` runs, which may set a new one. A deadline that
 * has already passed fires at the next dev_timers_run(), not recursively.
 */
struct dev_timer {
    uint64_t deadline;
    void (*fire)(void *opaque, uint64_t now);
    void *opaque;
    struct dev_timer *next;
};

/* All timers of one machine. */
struct dev_timers {
    struct dev_timer *head;
};

/* Adds `timer` (which the caller keeps alive) in the off state. */
void dev_timer_add(struct dev_timers *timers, struct dev_timer *timer,
                   void (*fire)(void *opaque, uint64_t now), void *opaque);

/* Fires each timer that is due at `now`, each at most once. */
void dev_timers_run(struct dev_timers *timers, uint64_t now);

/* The earliest deadline, DEV_NEVER when none is armed. */
uint64_t dev_timers_next(const struct dev_timers *timers);

/*
 * A range of I/O ports. `width` is the widest access (1, 2 or 4 bytes) the device takes at once:
 * wider accesses and those that straddle the range arrive as single bytes, lowest port first, as
 * they would on an ISA bus. Values are in the low `size` bytes.
 */
struct dev_port_ops {
    uint32_t (*read)(void *opaque, uint16_t port, unsigned int size);
    void (*write)(void *opaque, uint16_t port, unsigned int size, uint32_t value);
};

struct dev_port_range {
    uint16_t first;
    uint16_t count;
    uint8_t width;
    const struct dev_port_ops *ops;
    void *opaque;
};

#define DEV_BUS_RANGES 32

struct dev_bus {
    struct dev_port_range range[DEV_BUS_RANGES];
    unsigned int nr;
    unsigned int last;           /* range of the last hit: drivers poll one port many times */
    struct dev_port_range dword; /* see dev_bus_claim_dword() */
};

/* Claims `count` ports from `first`. False, and nothing changed, if the table is full, the range
 * leaves the 64 Ki port space or overlaps one already claimed. */
bool dev_bus_claim(struct dev_bus *bus, uint16_t first, uint16_t count, unsigned int width,
                   const struct dev_port_ops *ops, void *opaque);

/* Gives back what `opaque` claimed at `first`; nothing happens if it did not. */
void dev_bus_release(struct dev_bus *bus, uint16_t first, const void *opaque);

/* Claims the accesses of 4 bytes at `port`, and no others: these reach whoever claimed the ports.
 * There is one such register in a PC, the address register of PCI. */
void dev_bus_claim_dword(struct dev_bus *bus, uint16_t port, const struct dev_port_ops *ops,
                         void *opaque);

/* A guest's `in` of 1, 2 or 4 bytes. Ports that nobody claimed read as all ones. */
uint32_t dev_bus_read(struct dev_bus *bus, uint16_t port, unsigned int size);

/* A guest's `out` of 1, 2 or 4 bytes. Writes to ports that nobody claimed vanish. */
void dev_bus_write(struct dev_bus *bus, uint16_t port, unsigned int size, uint32_t value);

#endif
