/* SPDX-License-Identifier: MIT */
/*
 * observer-answers DOMAIN: what a toolstack's reads return, right ones and wrong ones, about a
 * domain with two vcpus. A line each, `ANSWER name value`: a result, an errno below 0, or what was
 * left in a field. Xen's answers to dom0 and to a domU are in the files beside this one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/sysctl.h>

struct privcmd_hypercall { /* <xen/privcmd.h> of Linux */
    uint64_t op, arg[5];
};
#define PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

#define BYTES  65536
#define HV     ((void *)0xffff800000000000) /* nobody's but the hypervisor's */
#define NOBODY 5000                         /* no domain has this number */

static int fd;
static domid_t other;
static char *memory;
static struct xen_sysctl *s;
static struct xen_domctl *d;
static void *area; /* what handles point at */

static long call(uint64_t op, uint64_t a, uint64_t b, uint64_t c)
{
    struct privcmd_hypercall h = {op, {a, b, c}};
    long rc = ioctl(fd, PRIVCMD_HYPERCALL, &h);

    return rc < 0 ? -errno : rc;
}

static void say(const char *name, long value)
{
    printf("ANSWER %s %ld\n", name, value);
}

static long sysctl(uint32_t cmd)
{
    s->cmd = cmd;
    s->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return call(__HYPERVISOR_sysctl, (uintptr_t)s, 0, 0);
}

static long domctl(uint32_t cmd, domid_t domain)
{
    d->cmd = cmd;
    d->domain = domain;
    d->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    return call(__HYPERVISOR_domctl, (uintptr_t)d, 0, 0);
}

static void versions(void)
{
    memset(s, 0, sizeof(*s));
    s->cmd = XEN_SYSCTL_physinfo;
    s->interface_version = XEN_SYSCTL_INTERFACE_VERSION - 1;
    say("sysctl.version", call(__HYPERVISOR_sysctl, (uintptr_t)s, 0, 0));
    say("sysctl.pointer", call(__HYPERVISOR_sysctl, (uintptr_t)HV, 0, 0));
    memset(d, 0, sizeof(*d));
    d->cmd = XEN_DOMCTL_getdomaininfo;
    d->domain = other;
    d->interface_version = XEN_DOMCTL_INTERFACE_VERSION + 1;
    say("domctl.version", call(__HYPERVISOR_domctl, (uintptr_t)d, 0, 0));
    say("domctl.pointer", call(__HYPERVISOR_domctl, (uintptr_t)HV, 0, 0));
}

static void list(const char *name, domid_t first, uint32_t max, void *buffer)
{
    char field[64];

    memset(s, 0, sizeof(*s));
    s->u.getdomaininfolist.first_domain = first;
    s->u.getdomaininfolist.max_domains = max;
    s->u.getdomaininfolist.num_domains = 77;
    set_xen_guest_handle(s->u.getdomaininfolist.buffer, (xen_domctl_getdomaininfo_t *)buffer);
    say(name, sysctl(XEN_SYSCTL_getdomaininfolist));
    snprintf(field, sizeof(field), "%s.num", name);
    say(field, s->u.getdomaininfolist.num_domains);
}

static void lists(void)
{
    list("list.one", other, 1, area);
    list("list.none", other, 0, area);
    list("list.none-bad", other, 0, HV);
    list("list.bad", other, 1, HV);
    list("list.behind", NOBODY, 8, area);
    list("list.behind-bad", NOBODY, 8, HV);
    list("list.last", 0xffff, 8, area);
}

static void cpus(const char *name, uint32_t max, void *info)
{
    memset(s, 0, sizeof(*s));
    s->u.getcpuinfo.max_cpus = max;
    s->u.getcpuinfo.nr_cpus = 77;
    set_xen_guest_handle(s->u.getcpuinfo.info, (xen_sysctl_cpuinfo_t *)info);
    say(name, sysctl(XEN_SYSCTL_getcpuinfo));
}

static void topology(const char *name, uint32_t n, void *to)
{
    memset(s, 0, sizeof(*s));
    s->u.cputopoinfo.num_cpus = n;
    set_xen_guest_handle(s->u.cputopoinfo.cputopo, (xen_sysctl_cputopo_t *)to);
    say(name, sysctl(XEN_SYSCTL_cputopoinfo));
}

static void nodes(const char *name, uint32_t n, void *memory_to, void *distance)
{
    char field[64];

    memset(s, 0, sizeof(*s));
    s->u.numainfo.num_nodes = n;
    set_xen_guest_handle(s->u.numainfo.meminfo, (xen_sysctl_meminfo_t *)memory_to);
    set_xen_guest_handle(s->u.numainfo.distance, (uint32_t *)distance);
    say(name, sysctl(XEN_SYSCTL_numainfo));
    snprintf(field, sizeof(field), "%s.num", name);
    say(field, s->u.numainfo.num_nodes);
}

static void pool(const char *name, uint32_t op, uint32_t id, void *map, uint32_t bits)
{
    memset(s, 0, sizeof(*s));
    s->u.cpupool_op.op = op;
    s->u.cpupool_op.cpupool_id = id;
    s->u.cpupool_op.cpumap.nr_bits = bits;
    set_xen_guest_handle(s->u.cpupool_op.cpumap.bitmap, (uint8_t *)map);
    say(name, sysctl(XEN_SYSCTL_cpupool_op));
}

static void scheduler(const char *name, uint32_t id, uint32_t pool_id)
{
    memset(s, 0, sizeof(*s));
    s->u.scheduler_op.sched_id = id;
    s->u.scheduler_op.cpupool_id = pool_id;
    s->u.scheduler_op.cmd = XEN_SYSCTL_SCHEDOP_getinfo;
    say(name, sysctl(XEN_SYSCTL_scheduler_op));
}

static void machine(void)
{
    uint32_t sched;

    memset(s, 0, sizeof(*s));
    say("physinfo", sysctl(XEN_SYSCTL_physinfo));
    say("physinfo.nodes", s->u.physinfo.nr_nodes);
    memset(s, 0, sizeof(*s));
    say("sched_id", sysctl(XEN_SYSCTL_sched_id));
    sched = s->u.sched_id.sched_id;
    cpus("cpus.one", 1, area);
    cpus("cpus.none", 0, HV);
    cpus("cpus.bad", 1, HV);
    topology("topology.ask", 0, NULL);
    topology("topology.many", 64, area);
    topology("topology.few", 0, area);
    topology("topology.bad", 64, HV);
    nodes("nodes.ask", 0, NULL, NULL);
    nodes("nodes.many", 8, area, (char *)area + 4096);
    nodes("nodes.few", 0, area, NULL);
    nodes("nodes.memory-bad", 8, HV, NULL);
    nodes("nodes.distance-bad", 8, NULL, HV);
    pool("pool.first", XEN_SYSCTL_CPUPOOL_OP_INFO, 0, area, 8);
    pool("pool.bad", XEN_SYSCTL_CPUPOOL_OP_INFO, 0, HV, 8);
    pool("pool.second", XEN_SYSCTL_CPUPOOL_OP_INFO, 1, area, 8);
    pool("pool.free", XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0, area, 8);
    scheduler("scheduler", sched, 0);
    scheduler("scheduler.other", XEN_SCHEDULER_RTDS, 0);
    scheduler("scheduler.pool", sched, 9);
}

static void affinity(const char *name, uint32_t vcpu, uint32_t flags, void *map, uint32_t bits)
{
    memset(d, 0, sizeof(*d));
    memset(area, 0x5a, 64);
    d->u.vcpuaffinity.vcpu = vcpu;
    d->u.vcpuaffinity.flags = flags;
    d->u.vcpuaffinity.cpumap_hard.nr_bits = bits;
    set_xen_guest_handle(d->u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)map);
    set_xen_guest_handle(d->u.vcpuaffinity.cpumap_soft.bitmap, (uint8_t *)map);
    say(name, domctl(XEN_DOMCTL_getvcpuaffinity, other));
}

static void share(const char *name, uint32_t id, domid_t domain)
{
    memset(d, 0, sizeof(*d));
    d->u.scheduler_op.sched_id = id;
    d->u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    say(name, domctl(XEN_DOMCTL_scheduler_op, domain));
}

static void vcpu(const char *name, uint32_t id, domid_t domain)
{
    memset(d, 0, sizeof(*d));
    d->u.getvcpuinfo.vcpu = id;
    say(name, domctl(XEN_DOMCTL_getvcpuinfo, domain));
}

static void domain(void)
{
    memset(s, 0, sizeof(*s));
    sysctl(XEN_SYSCTL_sched_id);
    memset(d, 0, sizeof(*d));
    say("domain", domctl(XEN_DOMCTL_getdomaininfo, other));
    say("domain.max_vcpu_id", d->u.getdomaininfo.max_vcpu_id);
    say("domain.pads", d->u.getdomaininfo.pad1 + d->u.getdomaininfo.pad2[6]);
    say("domain.nobody", domctl(XEN_DOMCTL_getdomaininfo, NOBODY));
    say("domain.self", domctl(XEN_DOMCTL_getdomaininfo, DOMID_SELF));
    say("domain.idle", domctl(XEN_DOMCTL_getdomaininfo, DOMID_IDLE));
    vcpu("vcpu", 1, other);
    vcpu("vcpu.none", 2, other);
    vcpu("vcpu.far", ~0u, other);
    vcpu("vcpu.nobody", 0, NOBODY);
    affinity("affinity", 0, XEN_VCPUAFFINITY_HARD, area, 9);
    say("affinity.second-byte", ((uint8_t *)area)[1]);
    say("affinity.third-byte", ((uint8_t *)area)[2]);
    affinity("affinity.soft", 1, XEN_VCPUAFFINITY_SOFT, HV, 0);
    affinity("affinity.bad", 0, XEN_VCPUAFFINITY_HARD, HV, 8);
    affinity("affinity.neither", 0, 0, area, 8);
    affinity("affinity.both", 0, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT, area, 8);
    affinity("affinity.force", 0, XEN_VCPUAFFINITY_FORCE, area, 8);
    affinity("affinity.unknown", 0, XEN_VCPUAFFINITY_HARD | 1u << 7, area, 8);
    affinity("affinity.none", 2, XEN_VCPUAFFINITY_HARD, area, 8);
    share("share", s->u.sched_id.sched_id, other);
    share("share.other", XEN_SCHEDULER_RTDS, other);
    share("share.nobody", s->u.sched_id.sched_id, NOBODY);
}

static void port(const char *name, domid_t domain, uint32_t number)
{
    struct evtchn_status *st = area;

    *st = (struct evtchn_status){.dom = domain, .port = number};
    say(name, call(__HYPERVISOR_event_channel_op, EVTCHNOP_status, (uintptr_t)st, 0));
}

static void grants(const char *name, domid_t domain)
{
    struct gnttab_query_size *size = area;
    struct gnttab_get_version *version = area;
    char field[64];

    *size = (struct gnttab_query_size){.dom = domain};
    say(name, call(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, (uintptr_t)size, 1));
    snprintf(field, sizeof(field), "%s.status", name);
    say(field, size->status);
    *version = (struct gnttab_get_version){.dom = domain};
    snprintf(field, sizeof(field), "%s.version", name);
    say(field, call(__HYPERVISOR_grant_table_op, GNTTABOP_get_version, (uintptr_t)version, 1));
}

static void resources(void)
{
    port("port", other, 1);
    port("port.far", other, 1 << 20);
    port("port.nobody", NOBODY, 1);
    grants("grants", other);
    grants("grants.nobody", NOBODY);
}

int main(int argc, char **argv)
{
    memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fd = open("/dev/xen/privcmd", O_RDWR);
    if (argc != 2 || memory == MAP_FAILED || fd < 0) {
        printf("observer-answers DOMAIN: %m\n");
        return 1;
    }
    mlock(memory, BYTES);
    memset(memory, 0, BYTES);
    other = (domid_t)atoi(argv[1]);
    s = (struct xen_sysctl *)memory;
    d = (struct xen_domctl *)(memory + 4096);
    area = memory + 8192;
    versions();
    lists();
    machine();
    domain();
    resources();
    return 0;
}
