/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>

static void put(json_t *o, const char *key, json_t *value)
{
    if (!value || json_object_set_new(o, key, value))
        abort();
}

static void put_number(json_t *o, const char *key, uint64_t n)
{
    put(o, key, json_integer((json_int_t)n));
}

static void put_known(json_t *o, const char *key, long long n)
{
    put(o, key, n == UNKNOWN ? json_null() : json_integer(n));
}

static void put_string(json_t *o, const char *key, const char *s)
{
    put(o, key, json_string(s));
}

static json_t *object(void)
{
    json_t *o = json_object();

    if (!o)
        abort();
    return o;
}

static json_t *hypervisor(const struct snapshot *s)
{
    json_t *o = object();

    put_string(o, "name", snapshot_is_hv_stub(s) ? "hv-stub" : "xen");
    put_string(o, "version", s->version);
    put_string(o, "scheduler", s->scheduler);
    put_number(o, "cpus", s->nr_cpus);
    put_number(o, "cpu_khz", s->cpu_khz);
    put_number(o, "memory_kib", s->memory_kib);
    put_number(o, "free_kib", s->free_kib);
    put(o, "idle_ns", s->idle_known ? json_integer((json_int_t)s->idle_ns) : json_null());
    return o;
}

static json_t *vcpus(const struct domain *d)
{
    json_t *list = json_array();

    for (uint32_t i = 0; list && i < d->nr_vcpus; i++) {
        const struct vcpu *v = &d->vcpu[i];
        json_t *o = object();

        put_number(o, "id", i);
        put_string(o, "state", vcpu_state_name(v->state));
        put_number(o, "cpu", v->cpu);
        put_number(o, "cpu_ns", v->cpu_ns);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *ports(const struct domain *d)
{
    json_t *o;

    if (domain_ports(d) == UNKNOWN)
        return json_null();
    o = object();
    put_number(o, "total", (uint64_t)domain_ports(d));
    for (unsigned int k = 0; k < PORT_KINDS; k++)
        put_known(o, port_kind_name(k), d->ports[k]);
    return o;
}

static json_t *grants(const struct domain *d)
{
    json_t *o = object();

    put_known(o, "frames", d->grant_frames);
    put_known(o, "max_frames", d->max_grant_frames);
    put_known(o, "granted", d->granted);
    put_known(o, "in_use", d->grants_in_use);
    put_known(o, "mapped", d->grants_mapped);
    return o;
}

/* Those that are not 0, by their names, or by number if they have none. */
static json_t *counts(const struct domain *d, const uint32_t *val, uint32_t nr, bool calls)
{
    uint64_t total = 0;
    json_t *o;

    if (!d->counted)
        return json_null();
    o = object();
    for (uint32_t i = 0; i < nr; i++) {
        const char *name = calls ? hypercall_name(i) : exit_name(d->hvm, i);
        char number[16];

        total += val[i];
        snprintf(number, sizeof(number), "%u", i);
        if (val[i])
            put_number(o, name ? name : number, val[i]);
    }
    put_number(o, "total", total);
    return o;
}

static json_t *domain(const struct domain *d)
{
    json_t *o = object();
    char uuid[37];
    const uint8_t *u = d->uuid;

    snprintf(uuid, sizeof(uuid),
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
             u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
             u[15]);
    put_number(o, "id", d->id);
    put(o, "name", *d->name ? json_string(d->name) : json_null());
    put_string(o, "uuid", uuid);
    put_string(o, "type", d->hvm ? "hvm" : "pv");
    put_string(o, "state", domain_state(d));
    put_number(o, "cpu_ns", d->cpu_ns);
    put_known(o, "weight", d->weight);
    put_number(o, "memory_kib", d->memory_kib);
    put_number(o, "max_memory_kib", d->max_memory_kib);
    put_number(o, "vcpus_online", d->online);
    put(o, "vcpus", vcpus(d));
    put(o, "event_channels", ports(d));
    put(o, "grants", grants(d));
    put(o, "hypercalls", counts(d, d->hypercalls, NR_HYPERCALLS, true));
    put(o, "exits", counts(d, d->exits, d->nr_exit_kinds, false));
    put_known(o, "refused", d->counted ? d->refused : UNKNOWN);
    return o;
}

json_t *snapshot_json(const struct snapshot *s)
{
    json_t *o = object(), *list = json_array();

    put_number(o, "time_ns", s->time_ns);
    put(o, "hypervisor", hypervisor(s));
    for (uint32_t i = 0; list && i < s->nr_domains; i++)
        json_array_append_new(list, domain(&s->domain[i]));
    put(o, "domains", list);
    return o;
}
