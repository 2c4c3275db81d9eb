/* SPDX-License-Identifier: MIT */
#include "collect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xenstore.h>

#define LIST_STEP 64
#define PORTS_MAX 131072 /* of the FIFO ABI */

struct collector {
    xentoollog_logger *log;
    xc_interface *xch;
    xenforeignmemory_handle *fmem; /* NULL: no grant tables can be looked into */
    struct xs_handle *store;       /* NULL: no names */
    char version[32];
    int scheduler;
    bool counters;     /* the hypervisor has some */
    char problem[256]; /* why the last call failed */
};

/* ---- what is missing */

static bool is_xen_guest(void)
{
    char type[16] = "";
    FILE *f = fopen("/sys/hypervisor/type", "r");

    if (!f)
        return false;
    if (!fgets(type, sizeof(type), f))
        *type = 0;
    fclose(f);
    return !strncmp(type, "xen", 3);
}

static void no_device(struct collector *c)
{
    if (!is_xen_guest())
        snprintf(c->problem, sizeof(c->problem),
                 "no Xen and no hv-stub below this Linux (/sys/hypervisor/type)");
    else
        snprintf(c->problem, sizeof(c->problem),
                 "cannot open /dev/xen/privcmd: %s (as root: modprobe xen-privcmd)",
                 strerror(errno));
}

static void refused(struct collector *c, int err)
{
    const char *why = strerror(err);

    if (xc_version(c->xch, XENVER_version, NULL) < 0)
        why = "Linux passes no hypercalls on for this domain: dom0 is needed, or modprobe "
              "xen-privcmd unrestricted=1";
    else if (err == EACCES)
        why = "the hypervisor's interface is of another version than this program's";
    else if (err == EPERM)
        why = "this domain may not look at others: Xen's dom0 is needed, or on hv-stub one "
              "started with --observer";
    snprintf(c->problem, sizeof(c->problem), "%s", why);
}

/* ---- open */

static void read_version(struct collector *c)
{
    int version = xc_version(c->xch, XENVER_version, NULL);
    xen_extraversion_t extra = "";

    if (xc_version(c->xch, XENVER_extraversion, &extra) < 0)
        *extra = 0;
    extra[sizeof(extra) - 1] = 0;
    snprintf(c->version, sizeof(c->version), "%d.%d%s", version >> 16, version & 0xffff, extra);
}

static bool open_all(struct collector *c)
{
    int nr_desc, nr_val;
    xc_physinfo_t info = {0};

    c->log = (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
    c->xch = xc_interface_open(c->log, c->log, 0);
    if (!c->xch) {
        no_device(c);
        return false;
    }
    if (xc_physinfo(c->xch, &info)) {
        refused(c, errno);
        return false;
    }
    read_version(c);
    if (xc_sched_id(c->xch, &c->scheduler))
        c->scheduler = -1;
    c->counters = !xc_perfc_query_number(c->xch, &nr_desc, &nr_val);
    c->fmem = xenforeignmemory_open(c->log, 0);
    c->store = xs_open(XS_OPEN_READONLY);
    return true;
}

struct collector *collector_open(const char *program)
{
    struct collector *c = calloc(1, sizeof(*c));

    if (!c)
        abort();
    if (open_all(c))
        return c;
    fprintf(stderr, "%s: %s\n", program, c->problem);
    collector_close(c);
    return NULL;
}

void collector_close(struct collector *c)
{
    if (c->store)
        xs_close(c->store);
    if (c->fmem)
        xenforeignmemory_close(c->fmem);
    if (c->xch)
        xc_interface_close(c->xch);
    if (c->log)
        xtl_logger_destroy(c->log);
    free(c);
}

/* ---- the machine */

static const char *scheduler_name(int id)
{
    static const char *const names[] = {
        [XEN_SCHEDULER_CREDIT] = "credit",     [XEN_SCHEDULER_CREDIT2] = "credit2",
        [XEN_SCHEDULER_ARINC653] = "arinc653", [XEN_SCHEDULER_RTDS] = "rtds",
        [XEN_SCHEDULER_NULL] = "null",
    };
    bool known = id >= 0 && (size_t)id < sizeof(names) / sizeof(names[0]) && names[id];

    return known ? names[id] : "unknown";
}

static void read_idle(struct collector *c, struct snapshot *s, uint32_t ids)
{
    xc_cpuinfo_t *info = calloc(ids, sizeof(*info));
    int n = 0;

    if (!info)
        abort();
    s->idle_known = !xc_getcpuinfo(c->xch, (int)ids, info, &n);
    for (int i = 0; s->idle_known && i < n; i++)
        s->idle_ns += info[i].idletime;
    free(info);
}

static bool read_machine(struct collector *c, struct snapshot *s)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
    xc_physinfo_t info = {0};
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    s->time_ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    if (xc_physinfo(c->xch, &info)) {
        refused(c, errno);
        return false;
    }
    snprintf(s->version, sizeof(s->version), "%s", c->version);
    s->scheduler = scheduler_name(c->scheduler);
    s->nr_cpus = info.nr_cpus;
    s->cpu_khz = info.cpu_khz;
    s->memory_kib = info.total_pages * page;
    s->free_kib = info.free_pages * page;
    read_idle(c, s, info.max_cpu_id + 1);
    return true;
}

/* ---- domains */

static void read_name(struct collector *c, struct domain *d)
{
    char path[64], *name;
    unsigned int len;

    if (!c->store)
        return;
    snprintf(path, sizeof(path), "/local/domain/%u/name", d->id);
    name = xs_read(c->store, XBT_NULL, path, &len);
    if (!name)
        return;
    snprintf(d->name, sizeof(d->name), "%s", name);
    for (char *p = d->name; *p; p++) /* it ends up on a terminal */
        if (*p < ' ' || *p > '~')
            *p = '?';
    free(name);
}

static void read_vcpus(struct collector *c, struct domain *d)
{
    d->vcpu = calloc(d->nr_vcpus + 1, sizeof(*d->vcpu));
    if (!d->vcpu)
        abort();
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        struct vcpu *v = &d->vcpu[i];
        xc_vcpuinfo_t info = {0};

        v->state = VCPU_OFFLINE;
        if (xc_vcpu_getinfo(c->xch, d->id, i, &info))
            continue;
        v->cpu = info.cpu;
        v->cpu_ns = info.cpu_time;
        if (info.online)
            v->state = info.running ? VCPU_RUNNING : info.blocked ? VCPU_BLOCKED : VCPU_RUNNABLE;
    }
}

static void read_ports(struct collector *c, struct domain *d)
{
    static const signed char kind[] = {
        [EVTCHNSTAT_closed] = -1,
        [EVTCHNSTAT_unbound] = PORT_UNBOUND,
        [EVTCHNSTAT_interdomain] = PORT_INTERDOMAIN,
        [EVTCHNSTAT_pirq] = PORT_PIRQ,
        [EVTCHNSTAT_virq] = PORT_VIRQ,
        [EVTCHNSTAT_ipi] = PORT_IPI,
    };
    xc_evtchn_status_t st = {.dom = (domid_t)d->id};
    long long n[PORT_KINDS] = {0};

    for (; st.port < PORTS_MAX && !xc_evtchn_status(c->xch, &st); st.port++)
        if (st.status < sizeof(kind) && kind[st.status] >= 0)
            n[kind[st.status]]++;
    if (st.port) /* the first one that is not there ends them */
        memcpy(d->ports, n, sizeof(n));
}

static void read_weight(struct collector *c, struct domain *d)
{
    struct xen_domctl_sched_credit credit;
    struct xen_domctl_sched_credit2 credit2;

    if (c->scheduler == XEN_SCHEDULER_CREDIT && !xc_sched_credit_domain_get(c->xch, d->id, &credit))
        d->weight = credit.weight;
    if (c->scheduler == XEN_SCHEDULER_CREDIT2 &&
        !xc_sched_credit2_domain_get(c->xch, d->id, &credit2))
        d->weight = credit2.weight;
}

static void read_domain(struct collector *c, const xc_domaininfo_t *info, struct domain *d)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;

    *d = (struct domain){
        .id = info->domain,
        .hvm = info->flags & XEN_DOMINF_hvm_guest,
        .flags = info->flags,
        .cpu_ns = info->cpu_time,
        .memory_kib = info->tot_pages * page,
        .max_memory_kib = info->max_pages > UINT64_MAX / page ? 0 : info->max_pages * page,
        .online = info->nr_online_vcpus,
        .nr_vcpus = info->max_vcpu_id + 1,
        .weight = UNKNOWN,
        .grant_frames = UNKNOWN,
        .max_grant_frames = UNKNOWN,
        .granted = UNKNOWN,
        .grants_in_use = UNKNOWN,
        .grants_mapped = UNKNOWN,
    };
    for (unsigned int k = 0; k < PORT_KINDS; k++)
        d->ports[k] = UNKNOWN;
    memcpy(d->uuid, info->handle, sizeof(d->uuid));
    read_name(c, d);
    read_vcpus(c, d);
    read_ports(c, d);
    read_weight(c, d);
}

static bool read_domains(struct collector *c, struct snapshot *s)
{
    xc_domaininfo_t *info = calloc(LIST_STEP, sizeof(*info));
    uint32_t first = 0;
    int n;

    if (!info)
        abort();
    while ((n = xc_domain_getinfolist(c->xch, first, LIST_STEP, info)) > 0) {
        s->domain = realloc(s->domain, (s->nr_domains + (uint32_t)n) * sizeof(*s->domain));
        if (!s->domain)
            abort();
        for (int i = 0; i < n; i++)
            read_domain(c, &info[i], &s->domain[s->nr_domains++]);
        first = info[n - 1].domain + 1u;
    }
    if (n < 0)
        refused(c, errno);
    free(info);
    return n >= 0;
}

/* ---- counters */

static void count_all(struct snapshot *s, const xc_perfc_desc_t *desc, int nr_desc,
                      const xc_perfc_val_t *val, int nr_val)
{
    for (int i = 0; i < nr_desc && desc[i].nr_vals <= (uint32_t)nr_val; i++) {
        if (memchr(desc[i].name, 0, sizeof(desc[i].name)))
            snapshot_count(s, desc[i].name, desc[i].nr_vals, val);
        val += desc[i].nr_vals;
        nr_val -= (int)desc[i].nr_vals;
    }
}

static void read_counters(struct collector *c, struct snapshot *s)
{
    DECLARE_HYPERCALL_BUFFER(xc_perfc_desc_t, desc);
    DECLARE_HYPERCALL_BUFFER(xc_perfc_val_t, val);
    int nr_desc = 0, nr_val = 0;

    if (xc_perfc_query_number(c->xch, &nr_desc, &nr_val) || nr_desc <= 0 || nr_val <= 0)
        return;
    desc = xc_hypercall_buffer_alloc(c->xch, desc, (size_t)nr_desc * sizeof(*desc));
    val = xc_hypercall_buffer_alloc(c->xch, val, (size_t)nr_val * sizeof(*val));
    if (desc && val && !xc_perfc_query(c->xch, HYPERCALL_BUFFER(desc), HYPERCALL_BUFFER(val)))
        count_all(s, desc, nr_desc, val, nr_val);
    xc_hypercall_buffer_free(c->xch, val);
    xc_hypercall_buffer_free(c->xch, desc);
}

bool collector_read(struct collector *c, struct snapshot *s)
{
    if (!read_machine(c, s) || !read_domains(c, s)) {
        snapshot_free(s);
        return false;
    }
    if (c->counters)
        read_counters(c, s);
    for (uint32_t i = 0; i < s->nr_domains; i++)
        grants_read(c->xch, c->fmem, &s->domain[i]);
    return true;
}

const char *collector_problem(const struct collector *c)
{
    return c->problem;
}
