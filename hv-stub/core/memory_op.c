/* SPDX-License-Identifier: MIT */
/* memory_op: dispatch, and the commands that only tell the guest something (<xen/memory.h>). */
#include "memory_op.h"
#include "handlers.h"
#include "hv_grant.h"

struct domain *memop_domain(domid_t domid, long *rc)
{
    struct domain *self = current_vcpu()->domain;

    if (domid == DOMID_SELF || domid == self->id)
        return self;
    if (domain_exists(domid))
        *rc = hv_refuse(-XEN_EPERM, "the memory of domain %u is not yours", domid);
    else
        *rc = hv_refuse(-XEN_ESRCH, "no domain %u", domid);
    return NULL;
}

bool memop_list_ok(gva_t list, uint64_t n)
{
    const struct domain *d = current_vcpu()->domain;
    uint64_t last = list.v + n * sizeof(xen_pfn_t) - 1;

    if (d->kind != DOMAIN_PV || !n)
        return true;
    return guest_address_ok(d, list) && guest_address_ok(d, GVA(last)) && last > list.v;
}

bool memop_list_read(gva_t list, uint64_t i, uint64_t *v)
{
    return guest_read(v, GVA(list.v + i * sizeof(*v)), sizeof(*v)) == 0;
}

bool memop_list_write(gva_t list, uint64_t i, uint64_t v)
{
    return guest_write(GVA(list.v + i * sizeof(v)), &v, sizeof(v)) == 0;
}

bool memop_address_bits(unsigned mem_flags, unsigned *bits)
{
    unsigned asked = XENMEMF_get_address_bits(mem_flags), all = PAGE_SHIFT;

    while (frame_count > 1ull << (all - PAGE_SHIFT))
        all++;
    *bits = asked && asked < all ? asked : 0;
    return !*bits || *bits > PAGE_SHIFT;
}

/* ---- what a domain has */

static long query_domain(uint32_t cmd, gva_t arg)
{
    struct mem_range map[MEM_RANGES];
    struct xen_memory_domain q;
    struct domain *d;
    unsigned int n;
    long rc;

    if (guest_read(&q, arg, sizeof(q)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    d = memop_domain(q.domid, &rc);
    if (!d)
        return rc;
    if (cmd == XENMEM_current_reservation)
        return (long)READ_ONCE(d->tot_pages);
    if (cmd == XENMEM_maximum_reservation)
        return (long)d->max_pages;
    if (d->kind == DOMAIN_PV)
        return (long)d->shared->arch.max_pfn - 1;
    n = arch_memory_map(d, map); /* and the rings of console and store, right below 0xff000 */
    return (long)MAX((map[n - 1].start + map[n - 1].size) >> PAGE_SHIFT, 0xff000ul) - 1;
}

static long memory_map(const struct domain *d, gva_t arg)
{
    struct mem_range map[MEM_RANGES];
    struct xen_memory_map m;
    gva_t buffer;

    if (guest_read(&m, arg, sizeof(m)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    buffer = GVA(m.buffer.p);
    m.nr_entries = MIN(m.nr_entries, arch_memory_map(d, map));
    if (m.nr_entries && guest_write(buffer, map, m.nr_entries * sizeof(map[0])))
        return hv_refuse(-XEN_EFAULT, "the map cannot be written");
    return guest_write(arg, &m, sizeof(m)) ? hv_refuse(-XEN_EFAULT, "result cannot be written") : 0;
}

static long get_vnumainfo(gva_t arg)
{
    struct xen_vnuma_topology_info t;
    long rc;

    if (guest_read(&t, arg, sizeof(t)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (t.pad)
        return hv_refuse(-XEN_EINVAL, "padding is not zero");
    return memop_domain(t.domid, &rc) ? -XEN_EOPNOTSUPP : rc; /* all memory is one node */
}

/* No device has reserved memory. */
static long reserved_memory_map(gva_t arg)
{
    struct xen_reserved_device_memory_map m;

    if (guest_read(&m, arg, sizeof(m)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (m.flags & ~XENMEM_RDM_ALL)
        return hv_refuse(-XEN_EINVAL, "flags 0x%x", m.flags);
    m.nr_entries = 0;
    return guest_write(arg, &m, sizeof(m)) ? hv_refuse(-XEN_EFAULT, "result cannot be written") : 0;
}

/* ---- machine-to-physical table */

static long machphys_mapping(gva_t arg)
{
    struct xen_machphys_mapping m = {
        .v_start = MACH2PHYS_VIRT_START,
        .v_end = MACH2PHYS_VIRT_END,
        .max_mfn = frame_count - 1,
    };

    return guest_write(arg, &m, sizeof(m)) ? hv_refuse(-XEN_EFAULT, "result cannot be written") : 0;
}

/* The table for 32-bit guests, which there is not, has no extents; nor has an FV guest's. */
static long machphys_mfn_list(gva_t arg, bool compat)
{
    struct xen_machphys_mfn_list l;
    uint32_t i = 0;
    mfn_t m;

    if (guest_read(&l, arg, sizeof(l)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    for (; !compat && i < l.max_extents; i++) {
        m = arch_m2p_extent(i);
        if (mfn_eq(m, INVALID_MFN))
            break;
        if (!memop_list_ok(GVA(l.extent_start.p), i + 1ull) ||
            !memop_list_write(GVA(l.extent_start.p), i, m.v))
            return hv_refuse(-XEN_EFAULT, "extent %u cannot be written", i);
    }
    l.nr_extents = i;
    return guest_write(arg, &l, sizeof(l)) ? hv_refuse(-XEN_EFAULT, "result cannot be written") : 0;
}

/* ---- guest-physical maps: a PV guest keeps its own; into an FV guest's go pages of ours */

static long no_map(domid_t domid)
{
    long rc = -XEN_ESRCH;

    if (domid != DOMID_SELF && !domain_exists(domid))
        return hv_refuse(rc, "no domain %u", domid);
    return hv_refuse(-XEN_EACCES, "no guest-physical map that could be changed");
}

static long show_page(struct domain *d, const struct xen_add_to_physmap *a)
{
    mfn_t m = INVALID_MFN;

    if (a->space == XENMAPSPACE_dev_mmio)
        return hv_refuse(-XEN_EACCES, "the domain was given no device");
    if (a->space == XENMAPSPACE_shared_info && !a->idx)
        m = d->shared_mfn;
    else if (a->space == XENMAPSPACE_grant_table && a->idx == (uint32_t)a->idx)
        m = grant_frame(d, (uint32_t)a->idx);
    if (mfn_eq(m, INVALID_MFN))
        return hv_refuse(-XEN_EINVAL, "no page %lu in space %u", (unsigned long)a->idx, a->space);
    if (!arch_physmap_set(d, GFN(a->gpfn), m))
        return hv_refuse(-XEN_ENOENT, "page 0x%lx cannot be mapped", (unsigned long)a->gpfn);
    return 0;
}

static long add_to_physmap(uint64_t start, gva_t arg)
{
    struct xen_add_to_physmap a;

    if (start != (uint16_t)start)
        return hv_refuse(-XEN_EDOM, "continued at page %lu", (unsigned long)start);
    if (guest_read(&a, arg, sizeof(a)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (a.space == XENMAPSPACE_gmfn_foreign)
        return hv_refuse(-XEN_ENOSYS, "foreign pages are mapped by add_to_physmap_batch");
    if (current_vcpu()->domain->kind == DOMAIN_FV && a.domid == DOMID_SELF)
        return show_page(current_vcpu()->domain, &a);
    return no_map(a.domid);
}

static long add_to_physmap_batch(uint64_t start, gva_t arg)
{
    struct xen_add_to_physmap_batch a;

    if (start != (uint16_t)start)
        return hv_refuse(-XEN_EDOM, "continued at page %lu", (unsigned long)start);
    if (guest_read(&a, arg, sizeof(a)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (a.space == XENMAPSPACE_gmfn_range)
        return hv_refuse(-XEN_EOPNOTSUPP, "ranges are mapped by add_to_physmap");
    return no_map(a.domid);
}

static long remove_from_physmap(gva_t arg)
{
    struct xen_remove_from_physmap a;

    if (guest_read(&a, arg, sizeof(a)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (current_vcpu()->domain->kind != DOMAIN_FV || a.domid != DOMID_SELF)
        return no_map(a.domid);
    if (mfn_eq(arch_physmap_clear(current_vcpu()->domain, GFN(a.gpfn)), INVALID_MFN))
        return hv_refuse(-XEN_ENOENT, "nothing is at page 0x%lx", (unsigned long)a.gpfn);
    return 0;
}

/* ---- commands of the toolstack: checked as far as Xen checks before it refuses */

static long claim_pages(gva_t arg)
{
    struct xen_memory_reservation r;

    if (guest_read(&r, arg, sizeof(r)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (r.extent_start.p || r.mem_flags || r.extent_order || !domain_by_id(r.domid))
        return hv_refuse(-XEN_EINVAL, "a claim is for a domain's number and has no extents");
    return hv_refuse(-XEN_EPERM, "only the toolstack claims pages");
}

static long pod_target(gva_t arg)
{
    struct xen_pod_target t;

    if (guest_read(&t, arg, sizeof(t)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (t.domid != DOMID_SELF && !domain_exists(t.domid))
        return hv_refuse(-XEN_ESRCH, "no domain %u", t.domid);
    return hv_refuse(-XEN_EPERM, "only the toolstack populates on demand");
}

static long acquire_resource(gva_t arg)
{
    struct xen_mem_acquire_resource a;

    if (guest_read(&a, arg, sizeof(a)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (a.pad)
        return hv_refuse(-XEN_EINVAL, "padding is not zero");
    if (a.domid != DOMID_SELF && !domain_exists(a.domid))
        return hv_refuse(-XEN_ESRCH, "no domain %u", a.domid);
    return hv_refuse(-XEN_EPERM, "only the toolstack maps resources of domains");
}

/* ---- dispatch */

static long simple_op(uint32_t cmd, gva_t arg)
{
    bool pv = current_vcpu()->domain->kind == DOMAIN_PV;

    switch (cmd) {
    case XENMEM_maximum_ram_page:
        return (long)frame_count;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return query_domain(cmd, arg);
    case XENMEM_machphys_mapping:
        return pv ? machphys_mapping(arg) : hc_enosys();
    case XENMEM_machphys_mfn_list:
        return machphys_mfn_list(arg, !pv);
    case XENMEM_machphys_compat_mfn_list:
        return hv_refuse(-XEN_EOPNOTSUPP, "there are no 32-bit PV domains");
    case XENMEM_get_vnumainfo:
        return get_vnumainfo(arg);
    case XENMEM_reserved_device_memory_map:
        return reserved_memory_map(arg);
    case XENMEM_remove_from_physmap:
        return remove_from_physmap(arg);
    case XENMEM_machine_memory_map:
        return pv ? hv_refuse(-XEN_EPERM, "the memory map is dom0's") : hc_enosys();
    case XENMEM_set_memory_map:
        return hv_refuse(-XEN_EPERM, "memory maps are the toolstack's");
    case XENMEM_claim_pages:
        return claim_pages(arg);
    case XENMEM_set_pod_target:
    case XENMEM_get_pod_target:
        return pod_target(arg);
    case XENMEM_acquire_resource:
        return pv ? acquire_resource(arg) : hv_refuse(-XEN_EACCES, "only PV domains map resources");
    case XENMEM_get_sharing_freed_pages:
    case XENMEM_get_sharing_shared_pages:
        return 0;
    case XENMEM_memory_map:
        return memory_map(current_vcpu()->domain, arg);
    default:
        return hv_refuse(-XEN_ENOSYS, "command %u is not served", cmd);
    }
}

long hc_memory_op(uint64_t a_cmd, uint64_t a_arg)
{
    uint32_t cmd = (uint32_t)a_cmd & MEMOP_CMD_MASK;
    uint64_t start = (uint32_t)a_cmd >> MEMOP_EXTENT_SHIFT;
    gva_t arg = GVA(a_arg);

    current_vcpu()->batch_index = (uint32_t)start;
    switch (cmd) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return memop_reservation(cmd, start, arg);
    case XENMEM_add_to_physmap:
        return add_to_physmap(start, arg);
    case XENMEM_add_to_physmap_batch:
        return add_to_physmap_batch(start, arg);
    }
    if (start && cmd <= XENMEM_acquire_resource)
        return hv_refuse(-XEN_EINVAL, "command %u has no extents", cmd);
    return cmd == XENMEM_exchange ? memop_exchange(arg) : simple_op(cmd, arg);
}
