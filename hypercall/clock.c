/* SPDX-License-Identifier: MIT */
#include <pvkit/arch.h>
#include <pvkit/clock.h>

#define NSEC_PER_SEC 1000000000UL

/* The layout the hypervisor writes; tsc_shift is a signed byte. */
_Static_assert(sizeof(struct vcpu_time_info) == 32, "vcpu_time_info");
_Static_assert(offsetof(struct vcpu_time_info, tsc_to_system_mul) == 24, "vcpu_time_info");

/* Wait until no update is in progress; returns the version to compare with afterwards. */
static uint32_t begin(const uint32_t *version)
{
    uint32_t v;

    while ((v = __atomic_load_n(version, __ATOMIC_RELAXED)) & 1)
        pvk_arch_relax();
    pvk_arch_rmb(); /* version before the fields */
    return v;
}

static bool changed(const uint32_t *version, uint32_t before)
{
    pvk_arch_rmb(); /* the fields before the version */
    return __atomic_load_n(version, __ATOMIC_RELAXED) != before;
}

uint64_t pvk_clock_scale(uint64_t delta, uint32_t mul, int8_t shift)
{
    if (shift <= -64 || shift >= 64)
        return 0;
    delta = shift < 0 ? delta >> -shift : delta << shift;
    return (uint64_t)((unsigned __int128)delta * mul >> 32);
}

static void copy(const struct vcpu_time_info *info, struct pvk_clock *out)
{
    const volatile struct vcpu_time_info *from = info;

    out->tsc = from->tsc_timestamp;
    out->system = from->system_time;
    out->mul = from->tsc_to_system_mul;
    out->shift = from->tsc_shift;
    out->flags = from->flags;
}

void pvk_clock_read(const struct vcpu_time_info *info, struct pvk_clock *out)
{
    uint32_t version;

    do {
        version = begin(&info->version);
        copy(info, out);
    } while (changed(&info->version, version));
}

uint64_t pvk_clock_at(const struct pvk_clock *clock, uint64_t tsc)
{
    uint64_t delta = tsc > clock->tsc ? tsc - clock->tsc : 0;

    return clock->system + pvk_clock_scale(delta, clock->mul, clock->shift);
}

/*
 * The counter is read inside the version check: if the vcpu moves to another processor between
 * the record and the counter, the hypervisor has rewritten the record and we notice.
 */
uint64_t pvk_clock_now(const struct vcpu_time_info *info)
{
    struct pvk_clock clock;
    uint32_t version;
    uint64_t tsc;

    do {
        version = begin(&info->version);
        copy(info, &clock);
        tsc = pvk_arch_tsc();
    } while (changed(&info->version, version));
    return pvk_clock_at(&clock, tsc);
}

uint64_t pvk_clock_monotonic(const struct vcpu_time_info *info, uint64_t *last)
{
    uint64_t now = pvk_clock_now(info);
    uint64_t seen = __atomic_load_n(last, __ATOMIC_RELAXED);

    while (seen < now)
        if (pvk_arch_cmpxchg(last, &seen, now))
            return now;
    return seen;
}

uint64_t pvk_clock_tsc_hz(const struct pvk_clock *clock)
{
    uint64_t hz;
    int left = -clock->shift;

    if (!clock->mul)
        return 0;
    hz = (NSEC_PER_SEC << 32) / clock->mul; /* below 2^62 */
    if (left <= -64 || left >= 64)
        return 0;
    if (left <= 0)
        return hz >> -left;
    return hz >> (64 - left) ? 0 : hz << left;
}

void pvk_clock_wall_base(const struct shared_info *shared, struct pvk_walltime *out)
{
    const volatile struct shared_info *from = shared;
    uint32_t version;

    do {
        version = begin(&shared->wc_version);
        out->sec = (uint64_t)from->wc_sec_hi << 32 | from->wc_sec;
        out->nsec = from->wc_nsec;
    } while (changed(&shared->wc_version, version));
}

void pvk_clock_wall(const struct shared_info *shared, uint64_t now, struct pvk_walltime *out)
{
    uint64_t nsec;

    pvk_clock_wall_base(shared, out);
    nsec = now % NSEC_PER_SEC + out->nsec;
    out->sec += now / NSEC_PER_SEC + nsec / NSEC_PER_SEC;
    out->nsec = (uint32_t)(nsec % NSEC_PER_SEC);
}
