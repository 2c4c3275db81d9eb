/* SPDX-License-Identifier: MIT */
/*
 * Attacks on a block back-end, by a front-end on device/vbd/51712. Only by group=device: the domain
 * must have that disk, and what Xen answers depends on who serves it. Results are statuses of
 * responses (0, -1 error, -2 not supported) or states of the back-end (2 waits, 4 connected, 5
 * closing); 99: nothing came.
 */
#include "grant.h"

#include <pvkit/xenstore.h>
#include <xen/event_channel.h>
#include <xen/io/blkif.h>
#include <xen/io/ring.h>
#include <xen/io/xenbus.h>

#define xen_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() xen_mb()
#define xen_wmb() xen_mb()

#define DIR      "device/vbd/51712"
#define RING_REF 30
#define DATA_REF 31 /* one page, read and write */
#define LIST_REF 32 /* another, for indirect segments */
#define EVIL_REF 33
#define PATIENCE 20000
#define NOTHING  99

static struct pvk_xs xs;
static struct blkif_front_ring ring;
static char ring_page[4096] __attribute__((aligned(4096)));
static char data_page[4096] __attribute__((aligned(4096)));
static char list_page[4096] __attribute__((aligned(4096)));
static char back[64];
static struct evtchn_send port;
static uint64_t next_id = 1;

static void yield(void *unused)
{
    (void)pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
}

static void *frame_at(uint64_t mfn)
{
    return (void *)(0xffffffff80000000ul + (((const uint64_t *)M2P_SPACE)[mfn] << 12));
}

/* ---- the device's life */

static long back_state(void)
{
    uint64_t state;

    return pvk_xs_read_number(&xs, 0, back, "state", &state) ? 0 : (long)state;
}

static void number(const char *name, uint64_t value)
{
    (void)pvk_xs_write_number(&xs, 0, DIR, name, value);
}

/* The state the back-end comes to, if it is this one. */
static long wait_for(long state)
{
    for (unsigned int i = 0; i < PATIENCE; i++) {
        if (back_state() == state)
            return state;
        yield(NULL);
    }
    return -back_state();
}

static long disconnect(void)
{
    number("state", XenbusStateClosed);
    (void)wait_for(XenbusStateClosed);
    number("state", XenbusStateInitialising);
    return wait_for(XenbusStateInitWait);
}

static void set_up(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    grant_set_up();
    pvk_xs_init(&xs, frame_at(start->store_mfn), start->store_evtchn, yield, NULL);
    (void)pvk_xs_read(&xs, 0, DIR, "backend", back, sizeof(back));
    grant_to(DATA_REF, 0, data_page, GTF_permit_access);
    grant_to(LIST_REF, 0, list_page, GTF_permit_access);
}

static void publish(void)
{
    struct evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = 0};
    struct blkif_sring *s = (struct blkif_sring *)ring_page;

    s->req_prod = s->rsp_prod = 0;
    s->req_event = s->rsp_event = 1;
    FRONT_RING_INIT(&ring, s, sizeof(ring_page));
    grant_to(RING_REF, 0, ring_page, GTF_permit_access);
    (void)pvk_raw2(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a);
    port.port = a.port;
    number("ring-ref", RING_REF);
    number("event-channel", a.port);
    (void)pvk_xs_write(&xs, 0, DIR, "protocol", "x86_64-abi");
    number("state", XenbusStateInitialised);
}

static bool connected(void)
{
    set_up();
    if (back_state() == XenbusStateConnected)
        return true;
    if (back_state() != XenbusStateInitWait)
        (void)disconnect();
    publish();
    return wait_for(XenbusStateConnected) == XenbusStateConnected;
}

/* ---- requests */

static struct blkif_request *request(uint8_t op, uint64_t sector)
{
    struct blkif_request *rq = RING_GET_REQUEST(&ring, ring.req_prod_pvt++);

    *rq = (struct blkif_request){.operation = op, .id = next_id++, .sector_number = sector};
    return rq;
}

static void segment(struct blkif_request *rq, grant_ref_t ref, uint8_t first, uint8_t last)
{
    rq->seg[rq->nr_segments++] = (struct blkif_request_segment){ref, first, last};
}

static long notify(void)
{
    return pvk_raw2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &port);
}

/* Send what was put, and wait for the last one's status. */
static long status(void)
{
    long last = NOTHING;

    RING_PUSH_REQUESTS(&ring);
    (void)notify();
    for (unsigned int i = 0; i < PATIENCE && ring.rsp_cons != ring.req_prod_pvt; i++)
        if (RING_HAS_UNCONSUMED_RESPONSES(&ring))
            last = RING_GET_RESPONSE(&ring, ring.rsp_cons++)->status;
        else
            yield(NULL);
    return last;
}

static long one(uint8_t op, uint64_t sector, grant_ref_t ref, uint8_t first, uint8_t last)
{
    if (!connected())
        return NOTHING;
    segment(request(op, sector), ref, first, last);
    return status();
}

/* A read into a page that is granted so. */
static long read_into(uint64_t frame, domid_t to, uint16_t flags)
{
    if (!connected())
        return NOTHING;
    entry[EVIL_REF].frame = (uint32_t)frame;
    entry[EVIL_REF].domid = to;
    entry[EVIL_REF].flags = flags;
    return one(BLKIF_OP_READ, 0, EVIL_REF, 0, 7);
}

static long blk_read(void)
{
    return one(BLKIF_OP_READ, 0, DATA_REF, 0, 7);
}

static long blk_not_granted(void)
{
    return read_into(mfn_of(data_page), 0, 0);
}

static long blk_granted_to_another(void)
{
    return read_into(mfn_of(data_page), 1, GTF_permit_access);
}

static long blk_granted_to_be_read(void)
{
    return read_into(mfn_of(data_page), 0, GTF_permit_access | GTF_readonly);
}

static long blk_frame_of_the_hypervisor(void)
{
    return read_into(0x200, 0, GTF_permit_access);
}

static long blk_frame_of_nobody(void)
{
    return read_into(0xffffffff, 0, GTF_permit_access);
}

/* Every frame that is not ours: none may be written to. */
static long blk_frames_of_others(void)
{
    const uint64_t *own_frames = (const uint64_t *)start->mfn_list;
    unsigned int wrong = 0;

    for (uint64_t m = 0x1000; m < 0x8000; m += 37) {
        bool mine = false;

        for (unsigned long i = 0; i < start->nr_pages && !mine; i++)
            mine = own_frames[i] == m;
        if (!mine && read_into(m, 0, GTF_permit_access) != BLKIF_RSP_ERROR)
            wrong++;
    }
    return wrong;
}

static long blk_page_table(void)
{
    return read_into(mfn_of(table_of(data_page, 1)), 0, GTF_permit_access);
}

static long blk_shared_info(void)
{
    return read_into(start->shared_info >> 12, 0, GTF_permit_access);
}

static long blk_behind_the_end(void)
{
    return one(BLKIF_OP_WRITE, 1ul << 40, DATA_REF, 0, 7);
}

static long blk_sector_wraps(void)
{
    return one(BLKIF_OP_WRITE, ~0ul - 3, DATA_REF, 0, 7);
}

static long blk_segment_backwards(void)
{
    return one(BLKIF_OP_READ, 0, DATA_REF, 5, 4);
}

static long blk_segment_leaves_page(void)
{
    return one(BLKIF_OP_READ, 0, DATA_REF, 0, 8);
}

static long blk_segments_overlap(void)
{
    struct blkif_request *rq;

    if (!connected())
        return NOTHING;
    rq = request(BLKIF_OP_READ, 0);
    for (unsigned int i = 0; i < 11; i++)
        segment(rq, DATA_REF, (uint8_t)(i % 4), 7);
    return status();
}

static long blk_too_many_segments(void)
{
    struct blkif_request *rq;

    if (!connected())
        return NOTHING;
    rq = request(BLKIF_OP_READ, 0);
    segment(rq, DATA_REF, 0, 7);
    rq->nr_segments = 255;
    return status();
}

static long blk_unknown_operation(void)
{
    return one(200, 0, DATA_REF, 0, 7);
}

static long indirect(uint16_t n, uint8_t op, grant_ref_t list)
{
    struct blkif_request_indirect *rq;

    if (!connected())
        return NOTHING;
    rq = (struct blkif_request_indirect *)request(BLKIF_OP_INDIRECT, 0);
    rq->indirect_op = op;
    rq->nr_segments = n;
    rq->id = next_id++;
    rq->sector_number = 0;
    rq->indirect_grefs[0] = list;
    return status();
}

static long blk_indirect_garbage(void)
{
    for (unsigned int i = 0; i < sizeof(list_page); i++)
        list_page[i] = (char)(i * 41 + 3);
    return indirect(64, BLKIF_OP_READ, LIST_REF);
}

static long blk_indirect_too_many(void)
{
    return indirect(65535, BLKIF_OP_READ, LIST_REF);
}

static long blk_indirect_in_indirect(void)
{
    return indirect(1, BLKIF_OP_INDIRECT, LIST_REF);
}

static long blk_indirect_not_granted(void)
{
    return indirect(1, BLKIF_OP_READ, 99999);
}

/* The descriptors are overwritten by what they describe. */
static long blk_indirect_eats_itself(void)
{
    struct blkif_request_segment *seg = (struct blkif_request_segment *)list_page;

    for (unsigned int i = 0; i < 64; i++)
        seg[i] = (struct blkif_request_segment){LIST_REF, 0, 7};
    return indirect(64, BLKIF_OP_READ, LIST_REF);
}

/* ---- the ring */

static long blk_index_jumps(void)
{
    long rc;

    if (!connected())
        return NOTHING;
    ring.sring->req_prod += 1000;
    (void)notify();
    rc = wait_for(XenbusStateClosing);
    (void)disconnect();
    return rc;
}

static long blk_ring_overwritten(void) /* by the disk, at our request */
{
    if (!connected())
        return NOTHING;
    segment(request(BLKIF_OP_READ, 0), RING_REF, 0, 7);
    RING_PUSH_REQUESTS(&ring);
    (void)notify();
    (void)notify();
    return disconnect();
}

static long blk_responses_not_taken(void)
{
    if (!connected())
        return NOTHING;
    for (unsigned int round = 0; round < 20; round++) {
        for (unsigned int i = 0; i < 32; i++)
            segment(request(BLKIF_OP_READ, 0), DATA_REF, 0, 7);
        RING_PUSH_REQUESTS(&ring);
        (void)notify();
    }
    return disconnect();
}

static long blk_notify_storm(void)
{
    long rc = connected() ? 0 : NOTHING;

    for (unsigned int i = 0; i < 100000 && !rc; i++)
        rc = notify();
    return rc ? rc : blk_read();
}

static long blk_port_closed(void)
{
    struct evtchn_close c;

    if (!connected())
        return NOTHING;
    c.port = port.port;
    (void)pvk_raw2(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &c);
    segment(request(BLKIF_OP_READ, 0), DATA_REF, 0, 7);
    RING_PUSH_REQUESTS(&ring);
    (void)notify();
    return disconnect();
}

/* ---- nodes */

static long refused(const char *name, uint64_t value)
{
    long rc;

    set_up();
    if (back_state() != XenbusStateInitWait)
        (void)disconnect();
    number("ring-ref", RING_REF);
    number("event-channel", start->store_evtchn);
    number(name, value);
    number("state", XenbusStateInitialised);
    rc = wait_for(XenbusStateClosing);
    number(name, name[0] == 'm'); /* one queue, order 0 */
    (void)disconnect();
    return rc;
}

static long blk_port_of_the_store(void)
{
    return refused("event-channel", start->store_evtchn);
}

static long blk_ring_not_granted(void)
{
    return refused("ring-ref", 7777);
}

static long blk_ring_order(void)
{
    return refused("ring-page-order", 4000000000);
}

static long blk_too_many_queues(void)
{
    return refused("multi-queue-num-queues", 100000);
}

static long blk_state_storm(void)
{
    unsigned int x = 1;

    set_up();
    for (unsigned int i = 0; i < 3000; i++) {
        x = x * 1103515245 + 12345;
        number("state", (x >> 16) % 10);
    }
    number("state", XenbusStateInitialising);
    return wait_for(XenbusStateInitWait);
}

static long blk_connection_storm(void)
{
    long rc = 0;

    for (unsigned int i = 0; i < 100; i++) {
        if (!connected())
            return NOTHING;
        for (unsigned int k = 0; k < 32; k++)
            segment(request(BLKIF_OP_WRITE, 8 * k), DATA_REF, 0, 7);
        RING_PUSH_REQUESTS(&ring);
        if (i & 1)
            (void)notify();
        number("state", i & 2 ? XenbusStateInitialising : XenbusStateClosed);
        (void)wait_for(i & 2 ? XenbusStateInitWait : XenbusStateClosed);
    }
    rc = disconnect();
    return rc == XenbusStateInitWait ? blk_read() : rc;
}

/* The last: the domain ends with this under way. */
static long blk_ends_connected(void)
{
    if (!connected())
        return NOTHING;
    for (unsigned int i = 0; i < 32; i++)
        segment(request(BLKIF_OP_WRITE, 8 * i), DATA_REF, 0, 7);
    RING_PUSH_REQUESTS(&ring);
    return back_state();
}

/* ---- a device that comes and is taken away, for ever: only by group=plug */

/* Who has it at present, if somebody. */
static bool is_there(void)
{
    return !pvk_xs_read(&xs, 0, DIR, "backend", back, sizeof(back)) && back_state();
}

/* What is asked of it never ends, and no state is one that lets go of it. */
static void misbehave(unsigned int i)
{
    static const char *const nodes[] = {"ring-ref", "event-channel", "backend-id", "protocol"};
    static const uint8_t states[] = {XenbusStateConnected, XenbusStateInitialised,
                                     XenbusStateReconfiguring, XenbusStateReconfigured};

    while (RING_HAS_UNCONSUMED_RESPONSES(&ring))
        ring.rsp_cons++;
    while (!RING_FULL(&ring))
        segment(request(i & 1 ? BLKIF_OP_READ : BLKIF_OP_WRITE, 8 * (i % 64)), DATA_REF, 0, 7);
    RING_PUSH_REQUESTS(&ring);
    (void)notify();
    number(nodes[i % ARRAY_SIZE(nodes)], i);
    number("state", states[i / 4 % ARRAY_SIZE(states)]);
}

static long blk_plugged(void)
{
    set_up();
    for (;;) {
        while (!is_there())
            yield(NULL);
        publish();
        if (wait_for(XenbusStateConnected) != XenbusStateConnected)
            continue;
        print("PLUGGED\n");
        for (unsigned int i = 0; back_state(); i++)
            misbehave(i);
        print("TAKEN\n");
    }
    return 0;
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case device_cases[] = {
    C(blk_read),
    C(blk_not_granted),
    C(blk_granted_to_another),
    C(blk_granted_to_be_read),
    C(blk_frame_of_the_hypervisor),
    C(blk_frame_of_nobody),
    C(blk_frames_of_others),
    C(blk_page_table),
    C(blk_shared_info),
    C(blk_behind_the_end),
    C(blk_sector_wraps),
    C(blk_segment_backwards),
    C(blk_segment_leaves_page),
    C(blk_segments_overlap),
    C(blk_too_many_segments),
    C(blk_unknown_operation),
    C(blk_indirect_garbage),
    C(blk_indirect_too_many),
    C(blk_indirect_in_indirect),
    C(blk_indirect_not_granted),
    C(blk_indirect_eats_itself),
    C(blk_index_jumps),
    C(blk_ring_overwritten),
    C(blk_responses_not_taken),
    C(blk_notify_storm),
    C(blk_port_closed),
    C(blk_port_of_the_store),
    C(blk_ring_not_granted),
    C(blk_ring_order),
    C(blk_too_many_queues),
    C(blk_state_storm),
    C(blk_connection_storm),
    C(blk_ends_connected),
};
const unsigned int nr_device_cases = ARRAY_SIZE(device_cases);
const struct hostile_case plug_cases[] = {C(blk_plugged)};
const unsigned int nr_plug_cases = ARRAY_SIZE(plug_cases);
