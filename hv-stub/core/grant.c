/* SPDX-License-Identifier: MIT */
/* Grant tables: their life and size, versions, and the dispatch of hypercall 20. */
#include "grant.h"
#include "handlers.h"

/* ---- frames */

/* Frames up to number n - 1 exist afterwards. They are never taken back from a living domain. */
static bool grow(struct domain *d, uint32_t n)
{
    struct grant_table *t = d->grants;

    while (t->nr_frames < n) {
        uint32_t i = t->nr_frames;
        mfn_t m = palloc(0);

        if (mfn_eq(m, INVALID_MFN))
            return false;
        t->active[i] = hv_alloc(GRANT_PER_FRAME * sizeof(struct grant_active));
        if (!t->active[i]) {
            pfree(m, 0);
            return false;
        }
        frame_share(m, d);
        t->shared[i] = mfn_to_virt(m);
        __atomic_store_n(&t->nr_frames, i + 1, __ATOMIC_RELEASE);
    }
    return true;
}

mfn_t grant_frame(struct domain *d, uint32_t i)
{
    struct grant_table *t = d->grants;
    mfn_t m = INVALID_MFN;

    spin_lock(&t->lock);
    if (i < GRANT_MAX_FRAMES && grow(d, i + 1))
        m = virt_to_mfn(t->shared[i]);
    spin_unlock(&t->lock);
    return m;
}

/* ---- life */

int grant_create(struct domain *d)
{
    if (d->grants) /* of an earlier life: grant_idle() */
        memset(d->grants, 0, sizeof(*d->grants));
    else
        d->grants = hv_alloc(sizeof(*d->grants));
    if (!d->grants)
        return -XEN_ENOMEM;
    d->grants->free_map = GRANT_NO_HANDLE;
    return 0;
}

bool grant_idle(const struct domain *d)
{
    return !READ_ONCE(d->grants->nr_pinned) && !READ_ONCE(d->grants->in_flight);
}

void grant_close(struct domain *d)
{
    __atomic_store_n(&d->grants->closed, true, __ATOMIC_SEQ_CST);
}

int grant_reset(struct domain *d)
{
    struct grant_table *t = d->grants;
    int rc = -XEN_EBUSY;

    spin_lock(&t->lock);
    if (!t->nr_pinned) {
        for (uint32_t i = 0; i < t->nr_frames; i++)
            memset(t->shared[i], 0, PAGE_SIZE);
        rc = 0;
    }
    spin_unlock(&t->lock);
    return rc;
}

void grant_free(struct grant_table *t)
{
    for (uint32_t i = 0; i < t->nr_frames; i++) {
        pfree(virt_to_mfn(t->shared[i]), 0);
        hv_free(t->active[i], GRANT_PER_FRAME * sizeof(struct grant_active));
    }
    t->nr_frames = 0;
}

void grant_destroy(struct domain *d)
{
    struct grant_table *t = d->grants;

    spin_lock(&t->lock);
    t->orphaned = true;
    if (!t->nr_pinned)
        grant_free(t);
    spin_unlock(&t->lock);
}

/* ---- audit */

void grant_audit_begin(struct domain *d)
{
    struct grant_table *t = d->grants;

    __atomic_store_n(&t->auditing, true, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&t->in_flight, __ATOMIC_SEQ_CST)) {
        arch_spin_poll();
        arch_relax();
    }
}

void grant_audit_end(struct domain *d)
{
    __atomic_store_n(&d->grants->auditing, false, __ATOMIC_SEQ_CST);
}

static uint32_t count(uint32_t pin, uint32_t one)
{
    return pin / one & 0xff;
}

/* Uses that are in no page table: our own mappings, and those for devices. */
void grant_audit_walk(struct domain *d, void (*use)(mfn_t m, uint32_t refs, uint32_t types))
{
    const struct grant_table *t = d->grants;

    for (uint32_t ref = 0; ref < grant_entries(t); ref++) {
        const struct grant_active *a = grant_active(t, ref);
        uint32_t reads, writes;

        if (!a->pin)
            continue;
        reads = count(a->pin, a->domid ? PIN_DEV_READ : PIN_READ);
        writes = count(a->pin, a->domid ? PIN_DEV_WRITE : PIN_WRITE);
        use(a->mfn, reads + writes, writes);
    }
}

uint32_t grant_mappings(const struct domain *d)
{
    return READ_ONCE(d->grants->nr_maps);
}

/* ---- whose table a query is about */

static struct domain *not_yours(domid_t domid, int *status)
{
    if (!domain_exists(domid))
        *status = GRANT_REFUSE(GNTST_bad_domain, "no domain %u", domid);
    else
        *status =
            GRANT_REFUSE(GNTST_permission_denied, "the table of domain %u is not yours", domid);
    return NULL;
}

/* To change it, or what an observer may not see. */
static struct domain *own_table(domid_t domid, int *status)
{
    struct domain *d = current_vcpu()->domain;

    return domid == DOMID_SELF || domid == d->id ? d : not_yours(domid, status);
}

static struct domain *table_owner(domid_t domid, int *status)
{
    struct domain *d = domain_by_id(domid);

    return d && domain_observes(current_vcpu()->domain) ? d : own_table(domid, status);
}

/* As Xen, look at where a list begins; every element is checked when its turn comes. */
static bool list_ok(uint64_t list)
{
    return guest_address_ok(current_vcpu()->domain, GVA(list));
}

long grant_fault(void)
{
    return hv_refuse(-XEN_EFAULT, "arguments cannot be read or results not written");
}

/* ---- queries */

static int list_frames(struct domain *d, const struct gnttab_setup_table *op)
{
    struct grant_table *t = d->grants;
    int status = GNTST_okay;

    if (op->nr_frames > GRANT_MAX_FRAMES)
        return GRANT_REFUSE(GNTST_general_error, "%u frames, and %u are the limit", op->nr_frames,
                            GRANT_MAX_FRAMES);
    spin_lock(&t->lock);
    if (!grow(d, MAX(op->nr_frames, 1u)))
        status = GRANT_REFUSE(GNTST_general_error, "no memory for %u frames", op->nr_frames);
    spin_unlock(&t->lock);
    for (uint32_t i = 0; !status && i < op->nr_frames; i++) {
        xen_pfn_t frame = virt_to_mfn(t->shared[i]).v;

        if (guest_write(GVA(op->frame_list.p + i), &frame, sizeof(frame)))
            status = GRANT_REFUSE(GNTST_bad_virt_addr, "frame number %u cannot be written", i);
    }
    return status;
}

static long setup_table(gva_t arg)
{
    struct gnttab_setup_table op;
    struct domain *d;
    int status = GNTST_okay;

    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    if (!list_ok((uint64_t)op.frame_list.p))
        return hv_refuse(-XEN_EFAULT, "the list of frames is not the guest's");
    d = own_table(op.dom, &status);
    op.status = (int16_t)(d ? list_frames(d, &op) : status);
    return guest_write(GVA(arg.v + offsetof(struct gnttab_setup_table, status)), &op.status,
                       sizeof(op.status))
               ? grant_fault()
               : 0;
}

static long query_size(gva_t arg)
{
    struct gnttab_query_size op;
    struct domain *d;
    int status = GNTST_okay;

    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    d = table_owner(op.dom, &status);
    if (d) {
        op.nr_frames = READ_ONCE(d->grants->nr_frames);
        op.max_nr_frames = GRANT_MAX_FRAMES;
    }
    op.status = (int16_t)status;
    return guest_write(arg, &op, sizeof(op)) ? grant_fault() : 0;
}

/* Version 1 has no status frames. */
static long get_status_frames(gva_t arg)
{
    struct gnttab_get_status_frames op;
    int status = GNTST_okay;

    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    if (!list_ok((uint64_t)op.frame_list.p))
        return hv_refuse(-XEN_EFAULT, "the list of frames is not the guest's");
    if (table_owner(op.dom, &status) && op.nr_frames)
        status = GRANT_REFUSE(GNTST_general_error, "no status frames in version 1");
    op.status = (int16_t)status;
    return guest_write(arg, &op, sizeof(op)) ? grant_fault() : 0;
}

static long get_version(gva_t arg)
{
    struct gnttab_get_version op;
    int status = GNTST_okay;

    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    if (!table_owner(op.dom, &status))
        return status == GNTST_bad_domain ? -XEN_ESRCH : -XEN_EPERM;
    op.version = 1;
    return guest_write(arg, &op, sizeof(op)) ? grant_fault() : 0;
}

/* The answer to version 2 is Xen's where it has been told to offer version 1 only; guests ask for
 * it to see whether there is one, so this breaks no rule. */
static long set_version(gva_t arg)
{
    struct gnttab_set_version op;
    long rc = 0;

    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    if (op.version == 2)
        rc = -XEN_ENOSYS;
    else if (op.version != 1)
        rc = hv_refuse(-XEN_EINVAL, "no version %u", op.version);
    op.version = 1;
    return guest_write(arg, &op, sizeof(op)) ? grant_fault() : rc;
}

/* ---- dispatch */

/* Xen keeps the progress of one operation, which needs none here, above the operation's number. */
#define CMD_BITS 12
#define CMD_MASK ((1u << CMD_BITS) - 1)

static const struct {
    uint8_t size;          /* of an element; 0: no such operation */
    bool single;           /* exactly one element */
    bool list;             /* any number, else it is one whatever the count */
    long (*fn)(gva_t arg); /* unmapping has its own way, see step() */
} ops[] = {
    [GNTTABOP_map_grant_ref] = {sizeof(struct gnttab_map_grant_ref), .list = true,
                                .fn = grant_op_map},
    [GNTTABOP_unmap_grant_ref] = {sizeof(struct gnttab_unmap_grant_ref), .list = true},
    [GNTTABOP_setup_table] = {sizeof(struct gnttab_setup_table), .single = true, .fn = setup_table},
    [GNTTABOP_transfer] = {sizeof(struct gnttab_transfer), .list = true, .fn = grant_op_transfer},
    [GNTTABOP_copy] = {sizeof(struct gnttab_copy), .list = true, .fn = grant_op_copy},
    [GNTTABOP_query_size] = {sizeof(struct gnttab_query_size), .single = true, .fn = query_size},
    [GNTTABOP_unmap_and_replace] = {sizeof(struct gnttab_unmap_and_replace), .list = true},
    [GNTTABOP_set_version] = {sizeof(struct gnttab_set_version), .fn = set_version},
    [GNTTABOP_get_status_frames] = {sizeof(struct gnttab_get_status_frames), .single = true,
                                    .fn = get_status_frames},
    [GNTTABOP_get_version] = {sizeof(struct gnttab_get_version), .fn = get_version},
    [GNTTABOP_swap_grant_ref] = {sizeof(struct gnttab_swap_grant_ref), .list = true,
                                 .fn = grant_op_swap},
    [GNTTABOP_cache_flush] = {sizeof(struct gnttab_cache_flush), .list = true,
                              .fn = grant_op_cache_flush},
};

/* The elements from number i on; how many were done, or the errno that ended the list. */
static long step(uint32_t cmd, gva_t at, uint32_t left)
{
    uint32_t n = MIN(left, (uint32_t)GRANT_UNMAP_BATCH);
    long rc;

    if (cmd == GNTTABOP_unmap_grant_ref || cmd == GNTTABOP_unmap_and_replace) {
        rc = grant_op_unmap(at, n, cmd == GNTTABOP_unmap_and_replace);
        return rc ? rc : (long)n;
    }
    rc = ops[cmd].fn(at);
    return rc ? rc : 1;
}

static long run_list(uint32_t cmd, uint64_t list, uint32_t n)
{
    uint32_t i = 0;

    while (i < n) {
        gva_t at = GVA(list + (uint64_t)i * ops[cmd].size);
        long rc;

        if (i && hypercall_preempt())
            return hypercall_continue(__HYPERVISOR_grant_table_op, 3, cmd, at.v, n - i, 0);
        current_vcpu()->batch_index = i;
        rc = step(cmd, at, n - i);
        if (rc < 0)
            return rc;
        i += (uint32_t)rc;
    }
    return 0;
}

/* What Xen has for HVM domains. */
static bool is_fv_command(uint32_t cmd)
{
    const uint32_t commands = 1u << GNTTABOP_map_grant_ref | 1u << GNTTABOP_unmap_grant_ref |
                              1u << GNTTABOP_setup_table | 1u << GNTTABOP_copy |
                              1u << GNTTABOP_query_size | 1u << GNTTABOP_set_version |
                              1u << GNTTABOP_get_version | 1u << GNTTABOP_swap_grant_ref;

    return cmd < 32 && commands >> cmd & 1;
}

long hc_grant_table_op(uint64_t a_cmd, uint64_t list, uint64_t a_count)
{
    uint32_t cmd = (uint32_t)a_cmd, n = (uint32_t)a_count;

    current_vcpu()->batch_index = 0;
    if (current_vcpu()->domain->kind == DOMAIN_FV && !is_fv_command(cmd))
        return hv_refuse(-XEN_ENOSYS, "grant table operation %u is for PV domains", cmd);
    if ((int32_t)n < 0)
        return hv_refuse(-XEN_EINVAL, "%u elements are too many", n);
    if (cmd >> CMD_BITS && (cmd & CMD_MASK) != GNTTABOP_cache_flush)
        return hv_refuse(-XEN_EINVAL, "bits 0x%x are not part of an operation", cmd);
    cmd &= CMD_MASK;
    if (cmd >= ARRAY_SIZE(ops) || !ops[cmd].size)
        return hv_refuse(-XEN_ENOSYS, "no grant table operation %u", cmd);
    if (ops[cmd].list)
        return list_ok(list) ? run_list(cmd, list, n) : grant_fault();
    if (ops[cmd].single && n != 1)
        return hv_refuse(-XEN_EINVAL, "%u elements where one is wanted", n);
    return ops[cmd].fn(GVA(list));
}
