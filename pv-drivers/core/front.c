/* SPDX-License-Identifier: MIT */
/* A front-end's connection: rings are made, offered, used, and let go of. */
#include "shared.h"

/* ---- state ---- */

#define TO(state) (1u << (state))

static const uint8_t successors[] = {
    [PV_DOWN] = TO(PV_PUBLISHED) | TO(PV_GONE),
    [PV_PUBLISHED] = TO(PV_UP) | TO(PV_STOPPED) | TO(PV_DOWN) | TO(PV_BROKEN),
    [PV_UP] = TO(PV_STOPPED) | TO(PV_DOWN) | TO(PV_BROKEN),
    [PV_STOPPED] = TO(PV_DOWN) | TO(PV_BROKEN),
    [PV_BROKEN] = TO(PV_GONE),
    [PV_GONE] = 0,
};

/* The only place where the state changes; false if it may not become that. */
static bool become(struct pv_front *front, enum pv_state state)
{
    unsigned long flags = port_lock(&front->lock);
    bool may = successors[front->state] & TO(state);

    if (may)
        front->state = state;
    port_unlock(&front->lock, flags);
    return may;
}

void front_break(struct pv_front *front, const char *why)
{
    if (become(front, PV_BROKEN))
        port_broken(front->port, why);
}

enum pv_state pv_state(const struct pv_front *front)
{
    return front->state;
}

/* ---- memory of rings ---- */

static void close_mem(struct port_dev *dev, struct ring_mem *mem, unsigned int granted)
{
    for (unsigned int i = 0; mem->pages && i < 1u << mem->order; i++) {
        struct port_page *page = port_page_next(mem->pages, i);

        if (i < granted)
            port_grant_end_free(dev, mem->grants[i], page);
        else
            port_page_free(page);
    }
    mem->pages = NULL;
}

static int open_mem(struct port_dev *dev, struct ring_mem *mem, unsigned int order)
{
    mem->order = order;
    mem->pages = port_pages_alloc(order);
    if (!mem->pages)
        return -XEN_ENOMEM;
    for (unsigned int i = 0; i < 1u << order; i++) {
        int rc = port_grant(dev, port_page_next(mem->pages, i), false, &mem->grants[i]);

        if (rc) {
            close_mem(dev, mem, i);
            return rc;
        }
    }
    return 0;
}

/* ---- a ring ---- */

/* Something was written since we looked. The ring stays as long as its channel. */
static bool news(const struct ring *ring)
{
    const any_sring_t *sring = shared_load(&ring->any.sring);

    return sring && shared_load(&sring->rsp_prod) != ring->seen;
}

/* If there is nothing new in the queue, the port may have events come less often. */
static bool handle_event(void *data)
{
    struct ring *ring = data;
    bool any = false;

    for (const struct ring *r = ring; r && r->index == ring->index; r = r->next)
        any |= news(r);
    return ring->on_event(ring->front->data, ring->index) && any;
}

static int open_ring(struct ring *ring)
{
    struct pv_front *front = ring->front;
    int rc = open_mem(front->port, &ring->mem, front->ring_order);

    ring->pushed = ring->seen = 0;
    if (!rc)
        rc = ring->kind->open(ring);
    if (rc || (ring->kind->follows && !front->split))
        return rc;
    ring->event = port_event_open(front->port, ring->index, handle_event, ring);
    ring->notify = ring->event;
    return ring->event ? 0 : -XEN_ENOSPC;
}

static void set_live(struct ring *ring, bool live)
{
    unsigned long state = port_lock(&ring->lock);

    ring->live = live && ring->any.sring;
    port_unlock(&ring->lock, state);
}

/* Nobody touches it any more. */
static void leave_ring(struct ring *ring)
{
    unsigned long state = port_lock(&ring->lock);

    ring->live = false;
    ring->any.sring = NULL;
    port_unlock(&ring->lock, state);
}

static unsigned int close_ring(struct ring *ring)
{
    close_mem(ring->front->port, &ring->mem, ~0u);
    return ring->kind->close(ring);
}

static int publish_ring(const struct ring *ring, uint32_t tx)
{
    const struct ring_kind *kind = ring->kind;
    struct port_dev *port = ring->front->port;
    bool split = ring->front->split;
    uint32_t channel = ring->event ? port_event_number(ring->event) : 0;
    struct store_option own = {kind->channel, channel, split};
    struct store_option common = {"event-channel", channel, !split};
    char prefix[KEY_SIZE] = "";
    int rc = 0;

    if (ring->front->queues > 1) {
        key_add(prefix, "queue-");
        key_add_number(prefix, ring->index);
        key_add(prefix, "/");
    }
    for (unsigned int i = 0; i < 1u << ring->mem.order && !rc; i++) {
        char key[KEY_SIZE] = "";

        key_add(key, kind->ref);
        if (ring->mem.order)
            key_add_number(key, i);
        rc = store_write_options(port, tx, prefix,
                                 &(struct store_option){key, ring->mem.grants[i].ref, true}, 1);
    }
    if (!rc && kind->channel)
        rc = store_write_options(port, tx, prefix, &own, 1);
    if (!rc && !kind->follows)
        rc = store_write_options(port, tx, prefix, &common, 1);
    return rc;
}

/* ---- all of them ---- */

static unsigned int close_rings(struct pv_front *front)
{
    unsigned int held = 0;

    for (struct ring *r = front->rings; r; r = r->next)
        leave_ring(r);
    for (struct ring *r = front->rings; r; r = r->next) {
        port_event_close(r->event);
        r->event = NULL;
    }
    for (struct ring *r = front->rings; r; r = r->next)
        held += close_ring(r);
    return held;
}

static unsigned int disconnect(struct pv_front *front)
{
    unsigned int held = close_rings(front);

    if (held)
        front_break(front, "the connection ended while pages of ours are still in use");
    else
        become(front, PV_DOWN);
    return held;
}

static int open_rings(struct pv_front *front)
{
    uint64_t most = store_number(front->port, "multi-queue-max-queues", 1);
    int rc;

    if (front->state != PV_DOWN)
        return front->state == PV_PUBLISHED ? 0 : -XEN_EIO;
    front->queues = (unsigned int)LEAST(most, front->max_queues);
    if (!front->queues)
        front->queues = 1;
    rc = front->ops->negotiate(front);
    for (struct ring *r = front->rings; !rc && r && r->index < front->queues; r = r->next)
        rc = open_ring(r);
    if (!rc && become(front, PV_PUBLISHED))
        return 0;
    close_rings(front);
    return rc ? rc : -XEN_EIO;
}

int pv_publish(struct pv_front *front, uint32_t tx)
{
    int rc = open_rings(front);
    struct store_option queues = {"multi-queue-num-queues", front->queues, front->queues > 1};

    if (!rc)
        rc = store_write_options(front->port, tx, "", &queues, 1);
    for (struct ring *r = front->rings; !rc && r && r->index < front->queues; r = r->next)
        rc = publish_ring(r, tx);
    return rc ? rc : front->ops->publish(front, tx);
}

int pv_connect(struct pv_front *front)
{
    int rc = front->state == PV_PUBLISHED ? front->ops->connect(front) : -XEN_EIO;

    if (rc)
        return rc;
    if (!become(front, PV_UP))
        return -XEN_EIO;
    for (struct ring *r = front->rings; r && r->index < front->queues; r = r->next) {
        set_live(r, true);
        if (r->kind->start)
            r->kind->start(r);
    }
    return 0;
}

void pv_stop(struct pv_front *front)
{
    for (struct ring *r = front->rings; r; r = r->next)
        set_live(r, false);
    become(front, PV_STOPPED);
}

void pv_disconnect(struct pv_front *front)
{
    disconnect(front);
}

unsigned int pv_abandon(struct pv_front *front)
{
    unsigned int held = disconnect(front);

    become(front, PV_GONE);
    for (struct ring *r = front->rings; r; r = r->next)
        if (r->kind->fail)
            r->kind->fail(r);
    return held;
}

/* ---- life ---- */

void front_init(struct pv_front *front, struct port_dev *dev, const struct front_ops *ops,
                unsigned int queues, void *data)
{
    *front = (struct pv_front){.port = dev, .ops = ops, .data = data, .max_queues = queues};
    front->queues = 1;
    front->rings_end = &front->rings;
    port_lock_init(&front->lock);
}

void front_add_ring(struct pv_front *front, struct ring *ring, unsigned int queue,
                    const struct ring_kind *kind, bool (*on_event)(void *, unsigned int))
{
    ring->front = front;
    ring->index = queue;
    ring->kind = kind;
    ring->on_event = on_event;
    port_lock_init(&ring->lock);
    *front->rings_end = ring;
    front->rings_end = &ring->next;
}

void pv_free(struct pv_front *front)
{
    port_free(front);
}
