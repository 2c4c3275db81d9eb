/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_TIMERS 64

uint8_t *fake_ram;
struct frame *frame_table;
uint64_t frame_count = HV_MAX_DOMAINS;
struct domain *domains[HV_MAX_DOMAINS];
uint32_t nr_domains;
struct fake_cpu fake_cpus[HV_MAX_CPUS];
__thread uint32_t fake_this_cpu;
unsigned world_notified[HV_MAX_DOMAINS], world_timer_runs;
size_t world_memory;
unsigned world_fail_after;
uint64_t world_slow_ns;

static uint64_t world_ns;
static struct timer *set[MAX_TIMERS];
static struct xenstore_domain_interface ring0;

/* ---- what the store needs of the hypervisor */

void *hv_alloc(size_t bytes)
{
    void *p;

    if (world_fail_after && !--world_fail_after) {
        world_fail_after = 1;
        return NULL;
    }
    bytes = ROUND_UP(bytes, PAGE_SIZE);
    p = aligned_alloc(PAGE_SIZE, bytes);
    if (!p)
        abort();
    world_memory += bytes;
    return memset(p, 0, bytes);
}

void hv_free(void *p, size_t bytes)
{
    world_memory -= ROUND_UP(bytes, PAGE_SIZE);
    free(p);
}

void hv_panic(const char *fmt, ...)
{
    fprintf(stderr, "panic: %s\n", fmt);
    abort();
}

uint64_t hv_now(void)
{
    return world_ns += world_slow_ns;
}

void arch_spin_poll(void)
{
    abort(); /* there is one CPU: a lock was left taken */
}

void evtchn_notify_hv(struct domain *d, evtchn_port_t port)
{
    if (spin_is_locked(&xs_lock))
        abort();
    world_notified[d->id]++;
}

void frame_put_and_type(struct frame *f)
{
}

void timer_init(struct timer *t, uint32_t cpu, void (*fn)(struct timer *), void *data)
{
    t->fn = fn;
    t->data = data;
}

void timer_set(struct timer *t, uint64_t expires)
{
    for (unsigned i = 0; i < MAX_TIMERS; i++) {
        if (set[i] == t)
            return;
        if (!set[i]) {
            set[i] = t;
            return;
        }
    }
    abort();
}

void timer_cancel(struct timer *t)
{
    for (unsigned i = 0; i < MAX_TIMERS; i++)
        if (set[i] == t)
            set[i] = NULL;
}

static void run_timers(void)
{
    for (unsigned i = 0; i < MAX_TIMERS; i++) {
        struct timer *t = set[i];

        set[i] = NULL;
        if (!t)
            continue;
        world_timer_runs++;
        t->fn(t);
        i = ~0u;
    }
}

/* ---- the world */

struct xenstore_domain_interface *world_ring(unsigned id)
{
    return id ? (void *)(fake_ram + id * PAGE_SIZE) : &ring0;
}

static void start(unsigned id)
{
    struct domain *d = calloc(1, sizeof(*d));

    d->id = (domid_t)id;
    d->nr_vcpus = 1;
    d->tot_pages = d->max_pages = 16384;
    d->store_port = 1;
    d->store_frame = &frame_table[id];
    hv_snprintf(d->name, sizeof(d->name), "guest%u", id);
    memset(world_ring(id), 0, PAGE_SIZE);
    domains[id] = d;
    nr_domains = id + 1;
    if (hv_xenstore_domain_start(d))
        abort();
}

void world_start(unsigned n)
{
    if (!fake_ram) {
        fake_ram = aligned_alloc(PAGE_SIZE, HV_MAX_DOMAINS * PAGE_SIZE);
        frame_table = calloc(HV_MAX_DOMAINS, sizeof(*frame_table));
    }
    memset(world_notified, 0, sizeof(world_notified));
    memset(&ring0, 0, sizeof(ring0));
    world_timer_runs = 0;
    world_slow_ns = 0;
    for (unsigned i = 1; i <= n; i++)
        start(i);
}

/* What no machine does: domain 0 ends too, with all that is left. */
static void end_hv(void)
{
    struct xs_node *root;

    if (!xs_conns[0])
        return;
    xs_enter();
    xs_watch_drop_all(xs_conns[0]);
    while ((root = xs_db_find("/", 1)) && root->child_len) {
        char path[100];

        hv_snprintf(path, sizeof(path), "/%s", xs_node_children(root));
        xs_remove(xs_conns[0], path);
    }
    if (root)
        xs_db_remove(root);
    xs_conn_close(xs_conns[0]);
    xs_leave();
}

bool world_end(void)
{
    world_fail_after = 0;
    for (unsigned i = 1; i < nr_domains; i++) {
        hv_xenstore_domain_end(domains[i]);
        free(domains[i]);
        domains[i] = NULL;
    }
    nr_domains = 0;
    end_hv();
    return world_memory == 0;
}

void world_kick(unsigned id)
{
    if (id)
        hv_xenstore_event(domains[id], 1);
    else
        world_hv_request(&ring0);
    run_timers();
}

/* ---- domain 0 */

static bool take(struct xenstore_domain_interface *r, void *p, uint32_t n)
{
    if (r->req_prod - r->req_cons < n)
        return false;
    for (char *c = p; n--; c++)
        *c = r->req[MASK_XENSTORE_IDX(r->req_cons++)];
    return true;
}

static void give(struct xenstore_domain_interface *r, const void *p, uint32_t n)
{
    for (const char *c = p; n--; c++)
        r->rsp[MASK_XENSTORE_IDX(r->rsp_prod++)] = *c;
}

void world_hv_request(struct xenstore_domain_interface *r)
{
    struct xs_conn *c = xs_conns[0];

    if (!take(r, &c->in, sizeof(c->in)) || !take(r, c->in_body, c->in.len))
        return;
    xs_enter();
    if (c->in.type == XS_INTRODUCE) /* they are there already */
        xs_reply(c, "OK", 3);
    else
        xs_request(c);
    xs_unsend(c);
    give(r, &c->reply.h, sizeof(c->reply.h));
    give(r, c->reply.body, c->reply.h.len);
    xs_leave();
    xs_flush();
}
