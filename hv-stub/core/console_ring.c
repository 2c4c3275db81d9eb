/* SPDX-License-Identifier: MIT */
/*
 * The other end of the PV console page (xen/io/console.h). The page is the guest's: indices are
 * copied once and checked, a ring that makes no sense is left alone.
 */
#include "console.h"
#include "hv_xenstore.h"

#include <xen/io/console.h>

_Static_assert(sizeof(struct xencons_interface) <= PAGE_SIZE, "xen/io/console.h");

#define CHUNK 128

struct ring {
    spinlock_t lock; /* one CPU at a time serves it; before the timer and console locks */
    bool used;       /* the guest has sent on the port: it listens */
};

static struct ring rings[HV_MAX_DOMAINS];

static struct xencons_interface *ring_page(struct domain *d)
{
    return d->console_frame ? mfn_to_virt(frame_mfn(d->console_frame)) : NULL;
}

/* Guest output to the console. True if there was any. */
static bool drain(struct domain *d, struct xencons_interface *r)
{
    uint32_t cons = READ_ONCE(r->out_cons);
    uint32_t prod = __atomic_load_n(&r->out_prod, __ATOMIC_ACQUIRE);
    char text[CHUNK];

    if (prod - cons > sizeof(r->out) || prod == cons)
        return false;
    while (cons != prod) {
        uint32_t n = 0;

        while (cons != prod && n < sizeof(text))
            text[n++] = r->out[MASK_XENCONS_IDX(cons++, r->out)];
        console_guest_write(d, text, n);
    }
    __atomic_store_n(&r->out_cons, cons, __ATOMIC_RELEASE);
    return true;
}

/* Typed characters to the guest. */
static bool fill(struct domain *d, struct xencons_interface *r)
{
    uint32_t prod = READ_ONCE(r->in_prod);
    uint32_t cons = __atomic_load_n(&r->in_cons, __ATOMIC_ACQUIRE);
    bool any = false;
    int ch;

    if (prod - cons > sizeof(r->in))
        return false;
    while (prod - cons < sizeof(r->in) && (ch = console_guest_read(d)) >= 0) {
        r->in[MASK_XENCONS_IDX(prod++, r->in)] = (char)ch;
        any = true;
    }
    __atomic_store_n(&r->in_prod, prod, __ATOMIC_RELEASE);
    return any;
}

static void serve(struct domain *d)
{
    struct ring *ring = &rings[d->id];
    struct xencons_interface *r;
    bool notify = false;

    spin_lock(&ring->lock);
    r = ring_page(d);
    if (r) {
        notify = drain(d, r);
        notify |= fill(d, r);
    }
    spin_unlock(&ring->lock);
    if (notify)
        evtchn_notify_hv(d, d->console_port);
}

static void console_event(struct domain *d, evtchn_port_t port)
{
    rings[d->id].used = true;
    serve(d);
}

bool console_ring_feed(struct domain *d)
{
    if (!READ_ONCE(rings[d->id].used))
        return false;
    serve(d);
    return true;
}

int console_ring_reopen(struct domain *d)
{
    int store = evtchn_alloc_hv(d, hv_xenstore_event), console = evtchn_alloc_hv(d, console_event);

    rings[d->id].used = false;
    if (console < 0 || store < 0)
        return -XEN_ENOMEM;
    d->console_port = (evtchn_port_t)console;
    d->store_port = (evtchn_port_t)store;
    return 0;
}

int console_ring_init(struct domain *d)
{
    int rc = console_ring_reopen(d);

    if (rc)
        return rc;
    d->console_frame = frame_get_writable(d, d->console_mfn);
    d->store_frame = frame_get_writable(d, d->store_mfn);
    if (d->console_frame && d->store_frame)
        return 0;
    console_ring_release(d);
    return -XEN_EINVAL;
}

void console_ring_release(struct domain *d)
{
    struct frame *f;

    spin_lock(&rings[d->id].lock);
    f = d->console_frame;
    d->console_frame = NULL;
    spin_unlock(&rings[d->id].lock);
    if (f)
        frame_put_and_type(f);
    hv_xenstore_domain_end(d);
}
