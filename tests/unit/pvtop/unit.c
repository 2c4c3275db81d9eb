/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

struct snapshot unit_machine(unsigned int second)
{
    return (struct snapshot){
        .time_ns = second * 1000000000ull,
        .version = "4.17.0-pvkit",
        .scheduler = "credit",
        .nr_cpus = 2,
        .memory_kib = 512 * 1024,
        .free_kib = 100 * 1024,
        .idle_ns = second * 1000000000ull,
        .idle_known = true,
    };
}

struct domain *unit_domain(struct snapshot *s, uint32_t id, const char *name, uint32_t vcpus)
{
    struct domain *d;

    s->domain = realloc(s->domain, (s->nr_domains + 1) * sizeof(*s->domain));
    assert_non_null(s->domain);
    d = &s->domain[s->nr_domains++];
    *d = (struct domain){.id = id, .online = vcpus, .nr_vcpus = vcpus, .weight = 256};
    d->grant_frames = d->max_grant_frames = d->granted = UNKNOWN;
    d->grants_in_use = d->grants_mapped = UNKNOWN;
    d->uuid[15] = (uint8_t)id;
    strcpy(d->name, name);
    d->memory_kib = 65536;
    d->vcpu = calloc(vcpus + 1, sizeof(*d->vcpu));
    assert_non_null(d->vcpu);
    for (uint32_t i = 0; i < vcpus; i++)
        d->vcpu[i] = (struct vcpu){VCPU_BLOCKED, i, s->time_ns / 2};
    d->cpu_ns = vcpus * s->time_ns / 2;
    return d;
}
