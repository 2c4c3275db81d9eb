/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as event channel operations of two domains, which spoil their event words, control
 * blocks and pending bits in between. After each, the ends of channels lead to each other and the
 * map of ports says which are open; at the end every page is given back.
 */
#include <stdlib.h>

#include "bytes.h"
#include "evtchn_fifo.h"
#include "fake_frames.h"

#define PAGES     4
#define MAX_STEPS 200
#define PORTS     160 /* of the 4096, so that a short input meets a port again */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static mfn_t page[3][PAGES]; /* of each domain */

static void check(bool ok)
{
    if (!ok)
        abort();
}

static uint32_t word32(void)
{
    uint32_t v = byte();

    return v | (uint32_t)byte() << 8 | (uint32_t)byte() << 16 | (uint32_t)byte() << 24;
}

static evtchn_port_t some_port(void)
{
    uint8_t b = byte();

    return b < PORTS ? b : b < 250 ? (b - PORTS) * 46u : word32();
}

static domid_t some_domain(void)
{
    uint8_t b = byte();

    return b < 128 ? (domid_t)(b % 4) : b < 240 ? DOMID_SELF : (domid_t)(b << 8);
}

static uint64_t some_frame(void)
{
    uint8_t b = byte();

    return b < 240 ? page[1 + (b & 1)][b / 2 % PAGES].v : word32();
}

union arg {
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_pirq bind_pirq;
    struct evtchn_status status;
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_reset reset;
    struct evtchn_init_control init_control;
    struct evtchn_expand_array expand_array;
    struct evtchn_set_priority set_priority;
    evtchn_port_t port; /* close, send, unmask */
};

static void fill(uint32_t cmd, union arg *a)
{
    switch (cmd) {
    case EVTCHNOP_bind_interdomain:
        a->bind_interdomain = (struct evtchn_bind_interdomain){some_domain(), some_port(), 0};
        break;
    case EVTCHNOP_bind_virq:
        a->bind_virq = (struct evtchn_bind_virq){byte() % 32, byte() % 4, 0};
        break;
    case EVTCHNOP_bind_pirq:
        a->bind_pirq = (struct evtchn_bind_pirq){byte(), byte(), 0};
        break;
    case EVTCHNOP_status:
        a->status = (struct evtchn_status){.dom = some_domain(), .port = some_port()};
        break;
    case EVTCHNOP_alloc_unbound:
        a->alloc_unbound = (struct evtchn_alloc_unbound){some_domain(), some_domain(), 0};
        break;
    case EVTCHNOP_bind_ipi:
        a->bind_ipi.vcpu = byte() % 4;
        break;
    case EVTCHNOP_bind_vcpu:
        a->bind_vcpu = (struct evtchn_bind_vcpu){some_port(), byte() % 4};
        break;
    case EVTCHNOP_reset:
        a->reset.dom = some_domain();
        break;
    case EVTCHNOP_init_control:
        a->init_control = (struct evtchn_init_control){
            .control_gfn = some_frame(), .offset = byte() * 32u, .vcpu = byte() % 4};
        break;
    case EVTCHNOP_expand_array:
        a->expand_array.array_gfn = some_frame();
        break;
    case EVTCHNOP_set_priority:
        a->set_priority = (struct evtchn_set_priority){some_port(), byte() % 18};
        break;
    default:
        a->port = some_port();
    }
}

static void call(void)
{
    static union arg a;
    uint32_t cmd = byte() % 16;

    memset(&a, 0, sizeof(a));
    fill(cmd, &a);
    fake_unmap_all();
    if (byte() != 1) /* else the argument is nowhere */
        fake_map(&a, sizeof(a));
    (void)hc_event_channel_op(cmd, U(&a));
}

static void spoil(const struct domain *d)
{
    uint32_t *words = mfn_to_virt(page[d->id][byte() % PAGES]);
    xen_ulong_t *bits = byte() & 1 ? d->shared->evtchn_pending : d->shared->evtchn_mask;

    words[byte() & 1 ? byte() : byte() * 8u % 1024] = word32();
    bits[byte() % 64] = word32() * 0x100000001ull;
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        d->vcpu[i]->info->evtchn_upcall_pending = byte() & 1;
}

/* hv-stub's own ends: the devices' and the console's. */
static void ours(struct domain *d)
{
    static int port[2];
    int i = byte() & 1;

    if (byte() & 1)
        port[i] = evtchn_alloc_hv(d, NULL);
    else if (port[i] > 0)
        evtchn_notify_hv(d, (evtchn_port_t)port[i]);
}

static void step(void)
{
    struct domain *d = domains[1 + (byte() & 1)];

    world_be(d->vcpu[byte() & 1]);
    switch (byte() % 8) {
    case 0:
        spoil(d);
        break;
    case 1:
        ours(d);
        break;
    default:
        call();
    }
}

static void check_ports_of(struct domain *d)
{
    for (evtchn_port_t p = 0; p < d->nr_evtchn_buckets * EVTCHN_PER_BUCKET; p++) {
        const struct evtchn *c = evtchn_lookup(d, p), *peer;
        bool used = d->evtchn_used[p / 64] >> p % 64 & 1;

        check(used == (c->state != CHN_FREE));
        check(c->state == CHN_FREE || c->notify_vcpu < d->nr_vcpus);
        if (c->state != CHN_INTERDOMAIN || !c->remote)
            continue;
        peer = evtchn_lookup(c->remote, c->remote_port);
        check(peer && peer->state == CHN_INTERDOMAIN && peer->remote == d);
        check(peer->remote_port == p);
    }
}

static void check_ports(void)
{
    check_ports_of(domains[1]);
    check_ports_of(domains[2]);
}

static void end_domain(struct domain *d)
{
    evtchn_destroy(d);
    for (unsigned i = 0; i < PAGES; i++)
        check(!(frame_of(page[d->id][i])->type & FRAME_TYPE_COUNT));
}

static void build_world(void)
{
    world_reset(1);
    for (unsigned id = 1; id <= 2; id++) {
        struct domain *d = world_domain(2, 256);

        for (unsigned i = 0; i < PAGES; i++)
            page[id][i] = own_page(d);
    }
}

/* The machine stays, its domains begin anew: clearing all its memory would take too long. */
static void begin_domain(struct domain *d)
{
    for (unsigned i = 0; i < PAGES; i++)
        memset(mfn_to_virt(page[d->id][i]), 0, PAGE_SIZE);
    memset(d->shared, 0, PAGE_SIZE);
    memset(d->evtchn_used, 0, sizeof(d->evtchn_used));
    check(!evtchn_init(d));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes_set(data, size);
    if (!nr_domains)
        build_world();
    begin_domain(domains[1]);
    begin_domain(domains[2]);
    for (unsigned i = 0; bytes_left && i < MAX_STEPS; i++) {
        step();
        if (i % 16 == 0)
            check_ports();
    }
    check_ports();
    end_domain(domains[1]);
    end_domain(domains[2]);
    return 0;
}
