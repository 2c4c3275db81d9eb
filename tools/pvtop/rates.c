/* SPDX-License-Identifier: MIT */
#include "rates.h"

#include <stdlib.h>
#include <string.h>

static double percent(uint64_t from, uint64_t to, double seconds)
{
    return to > from ? (double)(to - from) / 1e7 / seconds : 0;
}

/* Counters have 32 bits; unsigned arithmetic sees to their wrapping around. */
static double per_second(uint32_t from, uint32_t to, double seconds)
{
    return (uint32_t)(to - from) / seconds;
}

static double sum(const uint32_t *from, const uint32_t *to, uint32_t n, double seconds,
                  double *each)
{
    double total = 0;

    for (uint32_t i = 0; i < n; i++)
        total += each[i] = per_second(from[i], to[i], seconds);
    return total;
}

static void vcpu_rates(const struct domain *a, const struct domain *b, double seconds,
                       struct domain_rates *r)
{
    for (uint32_t i = 0; i < b->nr_vcpus; i++)
        r->vcpu_percent[i] =
            i < a->nr_vcpus ? percent(a->vcpu[i].cpu_ns, b->vcpu[i].cpu_ns, seconds) : NO_RATE;
}

static void counted_rates(const struct domain *a, const struct domain *b, double seconds,
                          struct domain_rates *r)
{
    uint32_t kinds = a->nr_exit_kinds < b->nr_exit_kinds ? a->nr_exit_kinds : b->nr_exit_kinds;

    r->hypercalls = sum(a->hypercalls, b->hypercalls, NR_HYPERCALLS, seconds, r->hypercall);
    r->exits = sum(a->exits, b->exits, kinds, seconds, r->exit);
    r->refused = per_second(a->refused, b->refused, seconds);
}

/* Numbers are given out again, by hv-stub at once. */
static bool same(const struct domain *a, const struct domain *b)
{
    return a && !memcmp(a->uuid, b->uuid, sizeof(a->uuid)) && b->cpu_ns >= a->cpu_ns;
}

static void domain_rates(const struct domain *a, const struct domain *b, double seconds,
                         struct domain_rates *r)
{
    *r = (struct domain_rates){NO_RATE, NO_RATE, NO_RATE, NO_RATE, .nr_vcpus = b->nr_vcpus};
    r->vcpu_percent = calloc(b->nr_vcpus + 1, sizeof(double));
    if (!r->vcpu_percent)
        abort();
    for (uint32_t i = 0; i < b->nr_vcpus; i++)
        r->vcpu_percent[i] = NO_RATE;
    if (!same(a, b) || seconds <= 0)
        return;
    r->cpu_percent = percent(a->cpu_ns, b->cpu_ns, seconds);
    vcpu_rates(a, b, seconds, r);
    if (a->counted && b->counted)
        counted_rates(a, b, seconds, r);
}

static double busy(const struct snapshot *a, const struct snapshot *b, double seconds)
{
    double idle = percent(a->idle_ns, b->idle_ns, seconds) / (b->nr_cpus ? b->nr_cpus : 1);

    if (!a->idle_known || !b->idle_known)
        return NO_RATE;
    return idle < 100 ? 100 - idle : 0;
}

void rates_between(const struct snapshot *from, const struct snapshot *to, struct rates *r)
{
    bool first = !from || !from->time_ns || to->time_ns <= from->time_ns;

    *r = (struct rates){.busy_percent = NO_RATE, .nr_domains = to->nr_domains};
    r->domain = calloc(to->nr_domains + 1, sizeof(*r->domain));
    if (!r->domain)
        abort();
    if (!first) {
        r->seconds = (double)(to->time_ns - from->time_ns) / 1e9;
        r->busy_percent = busy(from, to, r->seconds);
    }
    for (uint32_t i = 0; i < to->nr_domains; i++)
        domain_rates(first ? NULL : snapshot_find(from, to->domain[i].id), &to->domain[i],
                     r->seconds, &r->domain[i]);
}

void rates_free(struct rates *r)
{
    for (uint32_t i = 0; i < r->nr_domains; i++)
        free(r->domain[i].vcpu_percent);
    free(r->domain);
    *r = (struct rates){0};
}
