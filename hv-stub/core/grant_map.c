/* SPDX-License-Identifier: MIT */
/* Mapping other domains' frames into page tables, and taking those mappings away again. */
#include "grant.h"

/* In flags of a mapping: it is being taken away just now. */
#define MAP_BUSY  0x8000
#define MAP_KINDS (GNTMAP_host_map | GNTMAP_device_map)

/* ---- handles */

/* Of a handle that exists. */
static struct grant_mapping *mapping(const struct grant_table *t, grant_handle_t h)
{
    return &t->maps[h / GRANT_MAPS_PER_FRAME][h % GRANT_MAPS_PER_FRAME];
}

/* map_lock held: another page of records, all of them free. */
static bool grow(struct grant_table *t)
{
    uint32_t first = t->nr_map_frames * (uint32_t)GRANT_MAPS_PER_FRAME;
    struct grant_mapping *m = t->nr_map_frames < GRANT_MAX_MAP_FRAMES ? hv_alloc(PAGE_SIZE) : NULL;

    if (!m)
        return false;
    for (uint32_t i = 0; i < GRANT_MAPS_PER_FRAME; i++)
        m[i].ref = i + 1 < GRANT_MAPS_PER_FRAME ? first + i + 1 : GRANT_NO_HANDLE;
    t->maps[t->nr_map_frames++] = m;
    t->free_map = first;
    return true;
}

static grant_handle_t take_handle(struct grant_table *t)
{
    grant_handle_t h = GRANT_NO_HANDLE;

    spin_lock(&t->map_lock);
    if (t->free_map != GRANT_NO_HANDLE || grow(t)) {
        h = t->free_map;
        t->free_map = mapping(t, h)->ref;
        t->nr_maps++;
    }
    spin_unlock(&t->map_lock);
    return h;
}

static void free_handle_locked(struct grant_table *t, grant_handle_t h)
{
    *mapping(t, h) = (struct grant_mapping){.ref = t->free_map};
    t->free_map = h;
    t->nr_maps--;
}

static void free_handle(struct grant_table *t, grant_handle_t h)
{
    spin_lock(&t->map_lock);
    free_handle_locked(t, h);
    spin_unlock(&t->map_lock);
}

/* ---- map */

static uint32_t pins_of(uint32_t flags)
{
    bool ro = flags & GNTMAP_readonly;

    return (flags & GNTMAP_host_map ? (ro ? PIN_READ : PIN_WRITE) : 0) +
           (flags & GNTMAP_device_map ? (ro ? PIN_DEV_READ : PIN_DEV_WRITE) : 0);
}

/* The use is pinned with one reference: into the page tables with it, and a second one if devices
 * may use the frame as well. */
static int install(struct domain *d, const struct gnttab_map_grant_ref *op, struct frame *f)
{
    bool both = (op->flags & MAP_KINDS) == MAP_KINDS;

    if (both) { /* cannot fail: we hold one of each */
        (void)frame_get(f, f->owner);
        if (!(op->flags & GNTMAP_readonly))
            (void)frame_get_type(f, FT_WRITABLE);
    }
    if (!(op->flags & GNTMAP_host_map) ||
        !arch_grant_map(d, op->host_addr, op->flags, frame_mfn(f)))
        return GNTST_okay;
    if (both && !(op->flags & GNTMAP_readonly))
        frame_put_type(f);
    if (both)
        frame_put(f);
    return GRANT_REFUSE(GNTST_general_error, "no L1 entry at 0x%lx", (unsigned long)op->host_addr);
}

static int map_handle(struct domain *d, struct domain *rd, struct gnttab_map_grant_ref *op,
                      grant_handle_t h)
{
    struct grant_use u = {op->ref, d->id, true, pins_of(op->flags)};
    struct frame *f;
    int rc = grant_pin(rd, &u, &f);

    if (rc)
        return rc;
    if (rd != d)
        WRITE_ONCE(rd->mapped_elsewhere, true);
    op->dev_bus_addr = frame_mfn(f).v << PAGE_SHIFT; /* the entry may free it again at once */
    rc = install(d, op, f);
    if (rc) {
        grant_unuse(rd, &u, f);
        return rc;
    }
    spin_lock(&d->grants->map_lock);
    *mapping(d->grants, h) = (struct grant_mapping){op->ref, rd->id, (uint16_t)(op->flags & 0x1f)};
    spin_unlock(&d->grants->map_lock);
    op->handle = h;
    return GNTST_okay;
}

static int map(struct domain *d, struct gnttab_map_grant_ref *op)
{
    struct domain *rd;
    grant_handle_t h;
    int rc;

    if (!(op->flags & MAP_KINDS))
        return GRANT_REFUSE(GNTST_bad_gntref, "flags 0x%x map nothing", op->flags);
    if (d->kind != DOMAIN_PV)
        return GRANT_REFUSE(GNTST_general_error, "an FV domain cannot map grants");
    rd = grant_enter(op->dom);
    if (!rd)
        return GRANT_REFUSE(GNTST_bad_domain, "no domain %u", op->dom);
    h = take_handle(d->grants);
    if (h == GRANT_NO_HANDLE) {
        rc = GRANT_REFUSE(GNTST_no_space, "no handle is left");
    } else {
        rc = map_handle(d, rd, op, h);
        if (rc)
            free_handle(d->grants, h);
    }
    grant_leave(rd);
    return rc;
}

long grant_op_map(gva_t arg)
{
    struct gnttab_map_grant_ref op;

    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    op.status = (int16_t)map(current_vcpu()->domain, &op);
    return guest_write(arg, &op, sizeof(op)) ? grant_fault() : 0;
}

/* ---- unmap: first the page tables, then one flush for all, then references and pins */

struct unmapped {
    struct domain *rd; /* NULL: nothing to finish */
    grant_handle_t handle;
    grant_ref_t ref;
    uint16_t flags; /* which mappings are gone; readonly */
    mfn_t mfn;
};

/* What the handle stands for, BUSY from now on. */
static bool claim(struct grant_table *t, grant_handle_t h, struct grant_mapping *m)
{
    bool ok = false;

    spin_lock(&t->map_lock);
    if (h < t->nr_map_frames * GRANT_MAPS_PER_FRAME) {
        *m = *mapping(t, h);
        ok = m->flags && !(m->flags & MAP_BUSY);
        if (ok)
            mapping(t, h)->flags |= MAP_BUSY;
    }
    spin_unlock(&t->map_lock);
    return ok;
}

/* These mappings of it are gone; a handle without any is free. */
static void unclaim(struct grant_table *t, grant_handle_t h, uint16_t gone)
{
    struct grant_mapping *m = mapping(t, h);

    spin_lock(&t->map_lock);
    m->flags &= (uint16_t) ~(MAP_BUSY | (gone & MAP_KINDS));
    if (!(m->flags & MAP_KINDS))
        free_handle_locked(t, h);
    spin_unlock(&t->map_lock);
}

static int take_away(struct domain *d, const struct gnttab_unmap_grant_ref *op, uint64_t new_addr,
                     const struct grant_mapping *m, struct unmapped *u)
{
    uint64_t bus = u->mfn.v << PAGE_SHIFT;

    if (op->dev_bus_addr && (m->flags & GNTMAP_device_map) && op->dev_bus_addr != bus)
        return GRANT_REFUSE(GNTST_bad_dev_addr, "0x%lx is not the bus address 0x%lx",
                            (unsigned long)op->dev_bus_addr, (unsigned long)bus);
    if (op->host_addr && (m->flags & GNTMAP_host_map)) {
        if (arch_grant_unmap(d, op->host_addr, m->flags, u->mfn, new_addr))
            return GRANT_REFUSE(GNTST_general_error, "handle %u is not what 0x%lx maps", u->handle,
                                (unsigned long)op->host_addr);
        u->flags |= GNTMAP_host_map;
    }
    if (op->dev_bus_addr && (m->flags & GNTMAP_device_map))
        u->flags |= GNTMAP_device_map;
    return GNTST_okay;
}

static int unmap(struct domain *d, const struct gnttab_unmap_grant_ref *op, uint64_t new_addr,
                 struct unmapped *u)
{
    struct grant_mapping m;
    struct domain *rd;
    int rc;

    *u = (struct unmapped){.handle = op->handle};
    if (!claim(d->grants, op->handle, &m))
        return GRANT_REFUSE(GNTST_bad_handle, "handle %u is not in use", op->handle);
    rd = domain_by_id(m.domid);
    grant_enter_end(rd);
    u->ref = m.ref;
    u->mfn = grant_active(rd->grants, m.ref)->mfn; /* stays: our pin is there */
    rc = take_away(d, op, new_addr, &m, u);
    if (!u->flags) {
        unclaim(d->grants, op->handle, 0);
        grant_leave(rd);
        return rc;
    }
    u->flags |= m.flags & GNTMAP_readonly;
    u->rd = rd;
    return rc;
}

static void put(const struct unmapped *u)
{
    struct frame *f = frame_of(u->mfn);

    if (!(u->flags & GNTMAP_readonly))
        frame_put_type(f);
    frame_put(f);
}

static void finish(struct domain *d, const struct unmapped *u)
{
    if (!u->rd)
        return;
    if (u->flags & GNTMAP_host_map)
        put(u);
    if (u->flags & GNTMAP_device_map)
        put(u);
    grant_unpin(u->rd, u->ref, pins_of(u->flags));
    unclaim(d->grants, u->handle, u->flags);
    grant_leave(u->rd);
}

/* The two kinds of elements differ in the second word: bus address or new address. */
_Static_assert(sizeof(struct gnttab_unmap_grant_ref) == sizeof(struct gnttab_unmap_and_replace) &&
                   offsetof(struct gnttab_unmap_grant_ref, dev_bus_addr) ==
                       offsetof(struct gnttab_unmap_and_replace, new_addr) &&
                   offsetof(struct gnttab_unmap_grant_ref, status) ==
                       offsetof(struct gnttab_unmap_and_replace, status),
               "read as one");

static long unmap_element(struct domain *d, gva_t arg, bool replace, struct unmapped *u)
{
    struct gnttab_unmap_grant_ref op;
    uint64_t new_addr = 0;

    u->rd = NULL;
    if (guest_read(&op, arg, sizeof(op)))
        return grant_fault();
    if (replace) {
        new_addr = op.dev_bus_addr;
        op.dev_bus_addr = 0;
    }
    op.status = (int16_t)unmap(d, &op, new_addr, u);
    return guest_write(GVA(arg.v + offsetof(struct gnttab_unmap_grant_ref, status)), &op.status,
                       sizeof(op.status))
               ? grant_fault()
               : 0;
}

long grant_op_unmap(gva_t arg, uint32_t n, bool replace)
{
    struct domain *d = current_vcpu()->domain;
    uint32_t first = current_vcpu()->batch_index, i = 0;
    struct unmapped u[GRANT_UNMAP_BATCH];
    long rc = 0;

    while (!rc && i < n) {
        current_vcpu()->batch_index = first + i;
        rc = unmap_element(d, GVA(arg.v + i * sizeof(struct gnttab_unmap_grant_ref)), replace,
                           &u[i]);
        i++;
    }
    arch_flush_domain(d);
    for (uint32_t k = 0; k < i; k++)
        finish(d, &u[k]);
    return rc;
}

/* ---- the end of the domain that mapped: its page tables drop their references themselves */

static void release(struct domain *d, grant_handle_t h)
{
    struct grant_mapping m = *mapping(d->grants, h);
    struct domain *rd;
    struct unmapped u = {.handle = h, .ref = m.ref, .flags = m.flags};

    if (!m.flags)
        return;
    rd = domain_by_id(m.domid);
    grant_enter_end(rd);
    u.mfn = grant_active(rd->grants, m.ref)->mfn;
    if (m.flags & GNTMAP_device_map)
        put(&u);
    grant_unpin(rd, m.ref, pins_of(m.flags));
    unclaim(d->grants, h, m.flags);
    grant_leave(rd);
}

bool grant_release(struct domain *d)
{
    struct grant_table *t = d->grants;

    if (t->release_next < t->nr_map_frames * GRANT_MAPS_PER_FRAME) {
        for (uint32_t i = 0; i < GRANT_MAPS_PER_FRAME; i++)
            release(d, t->release_next++);
        return false;
    }
    while (t->nr_map_frames)
        hv_free(t->maps[--t->nr_map_frames], PAGE_SIZE);
    t->free_map = GRANT_NO_HANDLE;
    return true;
}
