/* SPDX-License-Identifier: MIT */
/* pvstat: one snapshot of all domains, for scripts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect.h"
#include "json.h"

static void usage(FILE *out)
{
    fputs(
        "usage: pvstat [--json] [DOMAIN]\n"
        "What Xen or hv-stub knows of all domains, or of the one with this number or name: a line\n"
        "of fields each, or with --json one object (its fields: docs/tools.md).\n\n"
        "  --json        JSON on one line\n"
        "  --help, --version\n\n"
        "Runs in Xen's dom0, and on hv-stub in a domain started with --observer, as root; needs\n"
        "the module xen-privcmd (unrestricted=1 in a domain that is not dom0).\n"
        "Exit status: 0, 1 nothing could be read or no such domain, 2 bad usage.\n",
        out);
}

static void print_known(const char *key, long long n)
{
    if (n == UNKNOWN)
        printf(" %s=-", key);
    else
        printf(" %s=%lld", key, n);
}

static uint64_t sum(const uint32_t *val, uint32_t n)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < n; i++)
        total += val[i];
    return total;
}

static void print_line(const struct domain *d)
{
    printf("id=%u name=%s type=%s state=%s vcpus=%u online=%u memory_kib=%llu cpu_ns=%llu", d->id,
           *d->name ? d->name : "-", d->hvm ? "hvm" : "pv", domain_state(d), d->nr_vcpus, d->online,
           (unsigned long long)d->memory_kib, (unsigned long long)d->cpu_ns);
    print_known("event_channels", domain_ports(d));
    print_known("grants_in_use", d->grants_in_use);
    print_known("hypercalls", d->counted ? (long long)sum(d->hypercalls, NR_HYPERCALLS) : UNKNOWN);
    print_known("exits", d->counted ? (long long)sum(d->exits, d->nr_exit_kinds) : UNKNOWN);
    putchar('\n');
}

/* Leave only the domain that @who names. */
static bool choose(struct snapshot *s, const char *who)
{
    char *end;
    unsigned long id = strtoul(who, &end, 10);
    bool number = *who && !*end;

    for (uint32_t i = 0; i < s->nr_domains; i++) {
        struct domain d = s->domain[i];

        if (number ? d.id != id : strcmp(d.name, who) != 0)
            continue;
        s->domain[i] = s->domain[0];
        s->domain[0] = d;
        while (s->nr_domains > 1)
            free(s->domain[--s->nr_domains].vcpu);
        return true;
    }
    fprintf(stderr, "pvstat: no domain '%s'\n", who);
    return false;
}

static bool print(const struct snapshot *s, bool json)
{
    if (json) {
        json_t *o = snapshot_json(s);

        json_dumpf(o, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(o);
    } else {
        for (uint32_t i = 0; i < s->nr_domains; i++)
            print_line(&s->domain[i]);
    }
    return !fflush(stdout) && !ferror(stdout);
}

static int run(const char *who, bool json)
{
    struct collector *c = collector_open("pvstat");
    struct snapshot s = {0};
    bool ok;

    if (!c)
        return 1;
    ok = collector_read(c, &s);
    if (!ok)
        fprintf(stderr, "pvstat: %s\n", collector_problem(c));
    ok = ok && (!who || choose(&s, who)) && print(&s, json);
    snapshot_free(&s);
    collector_close(c);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *who = NULL;
    bool json = false;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help")) {
            usage(stdout);
            return 0;
        }
        if (!strcmp(argv[i], "--version")) {
            puts("pvstat 0.1");
            return 0;
        }
        if (!strcmp(argv[i], "--json")) {
            json = true;
        } else if (argv[i][0] == '-' || who) {
            usage(stderr);
            return 2;
        } else {
            who = argv[i];
        }
    }
    return run(who, json);
}
