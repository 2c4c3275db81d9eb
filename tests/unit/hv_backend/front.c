/* SPDX-License-Identifier: MIT */
#include "front.h"
#include "blk.h"

#include <stdio.h>
#include <stdlib.h>

#include "evtchn.h"
#include "hv_backend.h"
#include "hv_job.h"
#include "hv_xenstore.h"
#include "xenbus.h"
#include "xs.h"

#define DIR   "/local/domain/1/device/vbd/51712/"
#define BACK  "/local/domain/0/backend/vbd/1/51712/"
#define ENTRY 112u

struct domain *front;
struct front_ring front_rings[FRONT_RINGS];
grant_entry_v1_t *front_grants;
uint8_t front_medium[FRONT_SECTORS * DISK_SECTOR];
struct disk front_disk;
bool front_disk_keeps;
struct disk_io *front_kept[FRONT_KEPT];
unsigned front_nr_kept;
char front_ops[64];

static mfn_t pages[FRONT_PAGES], ring_pages[FRONT_RINGS][16];
static grant_ref_t next_ref;

#define MUST(x)      \
    do {             \
        if (!(x))    \
            abort(); \
    } while (0)

/* ---- the disk */

static void carry_out(const struct disk_io *io)
{
    uint8_t *at;

    if (io->op == DISK_FLUSH)
        return;
    at = front_medium + io->sector * DISK_SECTOR;
    if (io->op == DISK_DISCARD)
        memset(at, 0, io->sectors * DISK_SECTOR);
    if (io->op > DISK_WRITE)
        return;
    for (uint32_t i = 0; i < io->nr_segs; i++) {
        if (io->op == DISK_READ)
            memcpy(io->seg[i].p, at, io->seg[i].bytes);
        else
            memcpy(at, io->seg[i].p, io->seg[i].bytes);
        at += io->seg[i].bytes;
    }
}

static void submit(struct disk *disk, struct disk_io *io)
{
    size_t n = strlen(front_ops);

    if (n + 1 < sizeof(front_ops)) {
        front_ops[n] = "rwfd"[io->op];
        front_ops[n + 1] = 0;
    }
    if (front_disk_keeps) {
        MUST(front_nr_kept < FRONT_KEPT);
        front_kept[front_nr_kept++] = io;
        return;
    }
    carry_out(io);
    io->done(io, 0);
}

void front_end_kept(unsigned i, int err)
{
    struct disk_io *io = front_kept[i];

    front_kept[i] = front_kept[--front_nr_kept];
    if (!err)
        carry_out(io);
    io->done(io, err);
}

static void make_disk(void)
{
    static bool registered;

    front_disk = (struct disk){.name = "test",
                               .sectors = FRONT_SECTORS,
                               .sector_size = DISK_SECTOR,
                               .physical_sector_size = DISK_SECTOR,
                               .max_segs = 64,
                               .can_discard = true,
                               .volatile_cache = true,
                               .submit = submit};
    if (!registered)
        disk_register(&front_disk);
    registered = true;
    front_disk_keeps = false;
    front_nr_kept = 0;
    front_ops[0] = 0;
}

/* ---- life */

static void grant_page(grant_ref_t ref, mfn_t m, uint16_t flags)
{
    front_grants[ref].frame = (uint32_t)m.v;
    front_grants[ref].domid = 0;
    front_grants[ref].flags = GTF_permit_access | flags;
}

static void make_grants(void)
{
    front_grants = mfn_to_virt(grant_frame(front, 0));
    for (unsigned i = 0; i < FRONT_PAGES; i++) {
        pages[i] = own_page(front);
        grant_page(FRONT_REF + i, pages[i], 0);
        grant_page(FRONT_RO_REF + i, pages[i], GTF_readonly);
    }
    for (unsigned i = 0; i < FRONT_RINGS * 16; i++)
        ring_pages[i / 16][i % 16] = own_page(front);
    next_ref = 300;
}

void front_settle(void)
{
    fake_jobs = jobs_run;
    fake_run(1000000);
    for (unsigned i = 0; i < 100 && (work_pending() & WORK_JOB); i++)
        fake_exit();
}

/* What an earlier test left in the store, whose tables outlive the memory of the fake machine. */
static void forget_store(void)
{
    struct xs_node *root;

    if (!xs_conns[0])
        return;
    xs_enter();
    xs_watch_drop_all(xs_conns[0]);
    xs_leave();
    if (xs_conns[1])
        hv_xenstore_domain_end(front);
    front_settle();
    xs_enter();
    while ((root = xs_db_find("/", 1)) && root->child_len) {
        char path[80];

        snprintf(path, sizeof(path), "/%s", xs_node_children(root));
        xs_remove(xs_conns[0], path);
    }
    if (root)
        xs_db_remove(root);
    xs_conn_close(xs_conns[0]);
    xs_leave();
}

void front_start(bool writable)
{
    struct domain_config cfg = {
        .nr_disks = 1,
        .disk = {{.media = DISK_VIRTIO, .vdev = "xvda", .number = 51712, .writable = writable}}};
    char err[80];

    forget_store();
    world_reset(1);
    fake_run(1000000);
    xenbus_devices = NULL;
    memset(blk_devices, 0, sizeof(blk_devices));
    front = world_domain(1, 256);
    memset(front_rings, 0, sizeof(front_rings));
    make_grants();
    make_disk();
    MUST(disks_open(1, &cfg, err, sizeof(err)));
    MUST(!hv_xenstore_domain_start(front));
    MUST(!blk_backend_start(front));
    front_settle();
}

static evtchn_port_t new_port(void)
{
    struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = 0};

    world_be(front->vcpu[0]);
    work_raise(WORK_JOB);
    MUST(!evtchn_alloc_unbound(front, &op));
    return op.port;
}

static void write_number(const char *dir, const char *name, unsigned value)
{
    char path[64], text[16];

    snprintf(path, sizeof(path), "%s%s", dir, name);
    snprintf(text, sizeof(text), "%u", value);
    front_write(path, text);
}

static void make_ring(struct front_ring *r, const char *dir, unsigned order)
{
    if (next_ref > 450) /* the first table has 512: use old ones again */
        next_ref = 300;
    r->pages = 1u << order;
    for (r->entries = 1; r->entries * 2 <= (r->pages * 4096 - 64) / ENTRY;)
        r->entries *= 2;
    r->req_prod = r->rsp_cons = 0;
    for (unsigned i = 0; i < r->pages; i++) {
        char name[16];

        r->mfn[i] = ring_pages[r - front_rings][i];
        grant_page(next_ref, r->mfn[i], 0);
        snprintf(name, sizeof(name), order ? "ring-ref%u" : "ring-ref", i);
        write_number(dir, name, next_ref++);
    }
    memset(mfn_to_virt(r->mfn[0]), 0, PAGE_SIZE);
    ((struct blkif_sring *)mfn_to_virt(r->mfn[0]))->req_event = 1;
    ((struct blkif_sring *)mfn_to_virt(r->mfn[0]))->rsp_event = 1;
    r->port = new_port();
    write_number(dir, "event-channel", r->port);
}

void front_publish(unsigned order, unsigned queues)
{
    front_write("protocol", "x86_64-abi");
    if (order)
        write_number("", "ring-page-order", order);
    if (queues > 1)
        write_number("", "multi-queue-num-queues", queues);
    for (unsigned i = 0; i < queues; i++) {
        char dir[20] = "";

        if (queues > 1)
            snprintf(dir, sizeof(dir), "queue-%u/", i);
        make_ring(&front_rings[i], dir, order);
    }
    front_set_state(XenbusStateInitialised);
}

/* ---- nodes */

const char *front_node(const char *name)
{
    static char value[128];
    char path[128];

    snprintf(path, sizeof(path), DIR "%s", name);
    return hv_xenstore_read(path, value, sizeof(value)) < 0 ? "" : value;
}

const char *front_back_node(const char *name)
{
    static char value[128];
    char path[128];

    snprintf(path, sizeof(path), BACK "%s", name);
    return hv_xenstore_read(path, value, sizeof(value)) < 0 ? "" : value;
}

void front_write(const char *name, const char *value)
{
    char path[128];

    snprintf(path, sizeof(path), DIR "%s", name);
    MUST(!hv_xenstore_write(path, value));
}

unsigned front_state(void)
{
    return (unsigned)atoi(front_node("state"));
}

unsigned front_back_state(void)
{
    return (unsigned)atoi(front_back_node("state"));
}

void front_set_state(unsigned state)
{
    write_number("", "state", state);
    front_settle();
}

/* ---- the ring */

struct blkif_sring *front_sring(unsigned r)
{
    return mfn_to_virt(front_rings[r].mfn[0]);
}

static void copy(const struct front_ring *r, uint32_t index, uint8_t *buf, unsigned n, bool out)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t at = 64 + (index & (r->entries - 1)) * ENTRY + i;
        uint8_t *p = (uint8_t *)mfn_to_virt(r->mfn[at / 4096]) + at % 4096;

        if (out)
            *p = buf[i];
        else
            buf[i] = *p;
    }
}

void front_put(unsigned r, const void *request)
{
    copy(&front_rings[r], front_rings[r].req_prod++, (uint8_t *)(uintptr_t)request, ENTRY, true);
}

void front_push(unsigned r)
{
    front_sring(r)->req_prod = front_rings[r].req_prod;
}

void front_notify_now(unsigned r)
{
    struct evtchn_send op = {.port = front_rings[r].port};

    world_be(front->vcpu[0]);
    work_raise(WORK_JOB); /* which that forgets */
    fake_unmap_all();
    fake_map(&op, sizeof(op));
    (void)hc_event_channel_op(EVTCHNOP_send, U(&op));
}

void front_notify(unsigned r)
{
    front_notify_now(r);
    front_settle();
}

bool front_response(unsigned r, struct blkif_response *rsp)
{
    struct front_ring *ring = &front_rings[r];

    if (front_sring(r)->rsp_prod == ring->rsp_cons)
        return false;
    copy(ring, ring->rsp_cons++, (uint8_t *)rsp, sizeof(*rsp), false);
    front_sring(r)->rsp_event = ring->rsp_cons + 1;
    return true;
}

uint8_t *front_page(unsigned i)
{
    return mfn_to_virt(pages[i]);
}

unsigned front_in_use(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < 2 * FRONT_PAGES; i++) {
        unsigned ref = i < FRONT_PAGES ? FRONT_REF + i : FRONT_RO_REF + i - FRONT_PAGES;

        n += !!grant_active(front->grants, ref)->pin;
    }
    return n;
}
