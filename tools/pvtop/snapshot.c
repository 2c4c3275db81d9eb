/* SPDX-License-Identifier: MIT */
#include "snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>

void snapshot_free(struct snapshot *s)
{
    for (uint32_t i = 0; i < s->nr_domains; i++)
        free(s->domain[i].vcpu);
    free(s->domain);
    *s = (struct snapshot){0};
}

struct domain *snapshot_find(const struct snapshot *s, uint32_t id)
{
    for (uint32_t i = 0; i < s->nr_domains; i++)
        if (s->domain[i].id == id)
            return &s->domain[i];
    return NULL;
}

bool snapshot_is_hv_stub(const struct snapshot *s)
{
    return strstr(s->version, "-pvkit") != NULL;
}

/* ---- counters */

static void copy(uint32_t *to, uint32_t room, uint32_t nr, const uint32_t *val)
{
    memcpy(to, val, (nr < room ? nr : room) * sizeof(*val));
}

void snapshot_count(struct snapshot *s, const char *name, uint32_t nr, const uint32_t *val)
{
    struct domain *d;
    unsigned int id;
    int end = 0;

    if (sscanf(name, "d%u %n", &id, &end) != 1 || !end || name[end - 1] != ' ' || !nr)
        return;
    d = snapshot_find(s, id);
    if (!d)
        return;
    name += end;
    d->counted = true;
    if (!strcmp(name, "hypercalls")) {
        copy(d->hypercalls, NR_HYPERCALLS, nr, val);
    } else if (!strcmp(name, "exits")) {
        d->nr_exit_kinds = nr < MAX_EXIT_KINDS ? nr : MAX_EXIT_KINDS;
        copy(d->exits, MAX_EXIT_KINDS, nr, val);
    } else if (!strcmp(name, "refused")) {
        d->refused = *val;
    } else if (!strcmp(name, "grants in use")) {
        d->grants_in_use = *val;
    } else if (!strcmp(name, "grants mapped")) {
        d->grants_mapped = *val;
    }
}

/* ---- domains */

long long domain_ports(const struct domain *d)
{
    long long n = 0;

    for (unsigned int k = 0; k < PORT_KINDS; k++) {
        if (d->ports[k] == UNKNOWN)
            return UNKNOWN;
        n += d->ports[k];
    }
    return n;
}

static const char *shutdown_name(uint32_t code)
{
    static const char *const names[] = {
        [SHUTDOWN_poweroff] = "poweroff", [SHUTDOWN_reboot] = "reboot",
        [SHUTDOWN_suspend] = "suspend",   [SHUTDOWN_crash] = "crash",
        [SHUTDOWN_watchdog] = "watchdog", [SHUTDOWN_soft_reset] = "soft-reset",
    };

    return code < sizeof(names) / sizeof(names[0]) ? names[code] : "shutdown";
}

const char *domain_state(const struct domain *d)
{
    if (d->flags & XEN_DOMINF_dying)
        return "dying";
    if (d->flags & XEN_DOMINF_shutdown)
        return shutdown_name(d->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
    if (d->flags & XEN_DOMINF_paused)
        return "paused";
    if (d->flags & XEN_DOMINF_running)
        return "running";
    return d->flags & XEN_DOMINF_blocked ? "blocked" : d->online ? "runnable" : "offline";
}

const char *vcpu_state_name(enum vcpu_state s)
{
    static const char *const names[] = {
        [VCPU_RUNNING] = "running",
        [VCPU_RUNNABLE] = "runnable",
        [VCPU_BLOCKED] = "blocked",
        [VCPU_OFFLINE] = "offline",
    };

    return names[s];
}
