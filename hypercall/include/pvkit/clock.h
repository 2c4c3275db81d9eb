/* SPDX-License-Identifier: MIT */
/*
 * Time without a hypercall: the vcpu_time_info record and the wall clock of <xen/xen.h>.
 *
 * The hypervisor rewrites both while the guest runs. It makes the version odd, writes, and makes
 * it even again; a reader takes the version, the fields, and the version once more, and starts
 * over if it was odd or moved.
 */
#ifndef PVKIT_CLOCK_H
#define PVKIT_CLOCK_H

#include <pvkit/xen.h>

/* One consistent copy of a time record. */
struct pvk_clock {
    uint64_t tsc;    /* time stamp counter when system_time was taken */
    uint64_t system; /* ns since the hypervisor booted */
    uint32_t mul;    /* ns per tick (after the shift), 32.32 fixed point */
    int8_t shift;    /* left shift of the tick count; negative: right */
    uint8_t flags;   /* XEN_PVCLOCK_* */
};

/*
 * delta * 2^shift * mul / 2^32, with a product of 96 bits. Shifts of 64 and more in either
 * direction give 0, as all bits are gone.
 */
uint64_t pvk_clock_scale(uint64_t delta, uint32_t mul, int8_t shift);

/* Copy `info`, shared with the hypervisor, consistently. */
void pvk_clock_read(const struct vcpu_time_info *info, struct pvk_clock *out);

/* System time at counter value `tsc`; one before the copy's own counts as no time passed. */
uint64_t pvk_clock_at(const struct pvk_clock *clock, uint64_t tsc);

/*
 * System time now, by the record of the vcpu this runs on. Do not migrate during the call. Later
 * calls on one vcpu never return less; across vcpus use pvk_clock_monotonic().
 */
uint64_t pvk_clock_now(const struct vcpu_time_info *info);

/*
 * pvk_clock_now(), but never less than any earlier result anywhere: *last (8-byte aligned, 0 at
 * start, shared by all vcpus) holds the highest one.
 */
uint64_t pvk_clock_monotonic(const struct vcpu_time_info *info, uint64_t *last);

/* Frequency of the time stamp counter in Hz; 0 if the record says nothing sensible. */
uint64_t pvk_clock_tsc_hz(const struct pvk_clock *clock);

struct pvk_walltime {
    uint64_t sec;  /* since 1970-01-01 00:00 UTC */
    uint32_t nsec; /* 0 ... 999999999 */
};

/* Wall clock time at system time 0, that is when the hypervisor booted. */
void pvk_clock_wall_base(const struct shared_info *shared, struct pvk_walltime *out);

/* Wall clock time at system time `now`. */
void pvk_clock_wall(const struct shared_info *shared, uint64_t now, struct pvk_walltime *out);

#endif
