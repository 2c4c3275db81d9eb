/* SPDX-License-Identifier: MIT */
/* What the machine counted, as one JSON object on COM2 when it ends, and of one domain when asked.
 */
#include "domain.h"
#include "hv_net.h"

#define COM2 1

static void (*sink)(const char *text); /* reap_lock */

static void out(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void out(const char *fmt, ...)
{
    char text[192];
    va_list ap;

    va_start(ap, fmt);
    hv_vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    sink(text);
}

/* Names come from the user. */
static void out_string(const char *s)
{
    out("\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            out("\\%c", *s);
        else if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
            out("\\u%04x", (unsigned char)*s);
        else
            out("%c", *s);
    }
    out("\"");
}

uint64_t vcpu_exits(const struct vcpu *v)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < HV_EXIT_KINDS; i++)
        n += v->exit_count[i];
    return n;
}

static void out_hypercalls(const struct domain *d)
{
    const char *sep = "";

    out("\"hypercalls\":{");
    for (uint32_t nr = 0; nr < HV_NR_HYPERCALLS; nr++) {
        uint64_t n = 0;

        for (uint32_t i = 0; i < d->nr_vcpus; i++)
            n += d->vcpu[i]->hc_count[nr];
        if (!n)
            continue;
        if (hypercall_table[nr].name)
            out("%s\"%s\":%lu", sep, hypercall_table[nr].name, (unsigned long)n);
        else
            out("%s\"%u\":%lu", sep, nr, (unsigned long)n);
        sep = ",";
    }
    out("}");
}

static void out_net(const struct net_port *p)
{
    const struct net_stats *s = &p->stats;

    out("{\"tx_packets\":%lu,\"tx_bytes\":%lu,\"tx_drops\":%lu,", (unsigned long)s->tx_packets,
        (unsigned long)s->tx_bytes, (unsigned long)s->tx_drops);
    out("\"rx_packets\":%lu,\"rx_bytes\":%lu,\"rx_drops\":%lu,\"waits\":%lu}",
        (unsigned long)s->rx_packets, (unsigned long)s->rx_bytes, (unsigned long)s->rx_drops,
        (unsigned long)s->waits);
}

/* The network interfaces of a domain, in their order; of domain 0, the uplink. */
static void out_nets(domid_t id)
{
    const struct net_port *p;

    out("\"net\":[");
    for (uint32_t i = 0, n = 0; i < HV_MAX_NICS; i++) {
        p = net_port(id, i);
        if (!p)
            continue;
        out("%s", n++ ? "," : "");
        out_net(p);
    }
    out("],");
}

static void to_port(const char *text)
{
    arch_uart_write(COM2, text, strlen(text));
}

static void out_domain(const struct domain *d)
{
    uint64_t cpu = 0, exits = 0, calls = 0;

    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        cpu += d->vcpu[i]->cpu_time_ns;
        exits += vcpu_exits(d->vcpu[i]);
        calls += vcpu_hypercalls(d->vcpu[i]);
    }
    out("{\"id\":%u,\"name\":", d->id);
    out_string(d->name);
    out(",\"mode\":\"%s\",\"end\":\"%s\",\"vcpus\":%u,\"weight\":%u,\"cpu_ns\":%lu,",
        d->kind == DOMAIN_PV ? "pv" : "fv", domain_end_name(d), d->nr_vcpus, d->weight,
        (unsigned long)cpu);
    out("\"entries\":%lu,\"exits\":%lu,\"refused\":%lu,", (unsigned long)calls,
        (unsigned long)exits, (unsigned long)d->refused);
    out_nets(d->id);
    out_hypercalls(d);
    out("}");
}

void stats_domain(const struct domain *d, void (*to)(const char *text))
{
    sink = to;
    out_domain(d);
}

void stats_write(void)
{
    const char *sep = "";

    sink = to_port;
    out("{\"hv\":\"pvkit\",\"cpus\":%u,\"uptime_ns\":%lu,", nr_cpus, (unsigned long)hv_now());
    out_nets(0);
    out("\"domains\":[");
    for (uint32_t i = 1; i < nr_domains; i++) {
        if (!domains[i])
            continue;
        out("%s", sep);
        out_domain(domains[i]);
        sep = ",";
    }
    out("]}\n");
}
