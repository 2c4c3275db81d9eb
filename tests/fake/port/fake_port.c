/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_port.h"
#include <xen/errno.h>

long fake_pages, fake_memory, fake_events;
unsigned int fake_fail_at;
_Thread_local unsigned int fake_locks;

static pthread_mutex_t grants_lock = PTHREAD_MUTEX_INITIALIZER;

static bool fails(void)
{
    return fake_fail_at && --fake_fail_at == 0;
}

/* ---- device ---- */

struct port_dev *fake_dev_new(void)
{
    struct port_dev *dev = calloc(1, sizeof(*dev));

    dev->next_grant = 8;
    return dev;
}

unsigned int fake_grants_held(const struct port_dev *dev)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < FAKE_GRANTS; i++)
        n += dev->grants[i].page != NULL;
    return n;
}

void fake_dev_free(struct port_dev *dev)
{
    assert(!fake_grants_held(dev));
    free(dev);
}

void port_broken(struct port_dev *dev, const char *why)
{
    dev->broken = why;
    dev->broken_times++;
}

void port_log(struct port_dev *dev, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
}

/* ---- memory ---- */

void *port_alloc(size_t size)
{
    assert(!fake_locks);
    if (fails())
        return NULL;
    __atomic_fetch_add(&fake_memory, 1, __ATOMIC_RELAXED);
    return calloc(1, size);
}

void port_free(void *p)
{
    assert(!fake_locks);
    if (p)
        __atomic_fetch_sub(&fake_memory, 1, __ATOMIC_RELAXED);
    free(p);
}

/* Pages in a row are one piece of the heap, which goes with the last of them. */
struct block {
    struct block *next;
    char *base;
    unsigned int pages, freed;
};

static struct block *blocks, **blocks_end = &blocks;

struct port_page *port_pages_alloc(unsigned int order)
{
    struct block *b;

    if (fails())
        return NULL;
    b = calloc(1, sizeof(*b));
    b->pages = 1u << order;
    b->base = aligned_alloc(PORT_PAGE_SIZE, (size_t)PORT_PAGE_SIZE << order);
    memset(b->base, 0, (size_t)PORT_PAGE_SIZE << order);
    pthread_mutex_lock(&grants_lock);
    *blocks_end = b;
    blocks_end = &b->next;
    fake_pages += b->pages;
    pthread_mutex_unlock(&grants_lock);
    return (struct port_page *)b->base;
}

struct port_page *port_page_alloc(void)
{
    return port_pages_alloc(0);
}

static void free_page(struct port_page *page)
{
    struct block **at = &blocks, *b;
    char *p = (char *)page;

    while (*at && (p < (*at)->base || p >= (*at)->base + (size_t)PORT_PAGE_SIZE * (*at)->pages))
        at = &(*at)->next;
    b = *at;
    assert(b);
    fake_pages--;
    if (++b->freed < b->pages)
        return;
    *at = b->next;
    if (blocks_end == &b->next)
        blocks_end = at;
    free(b->base);
    free(b);
}

void port_page_free(struct port_page *page)
{
    pthread_mutex_lock(&grants_lock);
    free_page(page);
    pthread_mutex_unlock(&grants_lock);
}

void *port_page_address(struct port_page *page)
{
    return page;
}

struct port_page *port_page_next(struct port_page *page, unsigned int n)
{
    return (struct port_page *)((char *)page + (size_t)n * PORT_PAGE_SIZE);
}

/* ---- grants ---- */

int port_grant(struct port_dev *dev, struct port_page *page, bool readonly, struct port_grant *out)
{
    int rc = -XEN_ENOSPC;

    pthread_mutex_lock(&grants_lock);
    for (unsigned int i = 0; i < FAKE_GRANTS && rc && !fails(); i++) {
        uint32_t ref = dev->next_grant;
        struct fake_grant *g = &dev->grants[ref];

        dev->next_grant = ref + 1 < FAKE_GRANTS ? ref + 1 : 8;
        if (g->page)
            continue;
        *g = (struct fake_grant){.page = page, .readonly = readonly, .use = g->use + 1};
        *out = (struct port_grant){ref, g->use};
        rc = 0;
    }
    pthread_mutex_unlock(&grants_lock);
    return rc;
}

static struct fake_grant *of(struct port_dev *dev, struct port_grant grant)
{
    struct fake_grant *g = &dev->grants[grant.ref];

    assert(grant.ref < FAKE_GRANTS && g->page && g->use == grant.use && !g->free_later);
    return g;
}

bool port_grant_end(struct port_dev *dev, struct port_grant grant)
{
    struct fake_grant *g;
    bool ended;

    pthread_mutex_lock(&grants_lock);
    g = of(dev, grant);
    ended = !g->in_use;
    if (ended)
        g->page = NULL;
    pthread_mutex_unlock(&grants_lock);
    return ended;
}

void port_grant_end_free(struct port_dev *dev, struct port_grant grant, struct port_page *page)
{
    struct fake_grant *g;

    pthread_mutex_lock(&grants_lock);
    g = of(dev, grant);
    assert(g->page == page);
    if (g->in_use) {
        g->free_later = page;
    } else {
        g->page = NULL;
        free_page(page);
    }
    pthread_mutex_unlock(&grants_lock);
}

void *fake_map(struct port_dev *dev, uint32_t ref, bool write)
{
    struct fake_grant *g = &dev->grants[ref < FAKE_GRANTS ? ref : 0];
    void *page = NULL;

    pthread_mutex_lock(&grants_lock);
    if (g->page && !g->free_later && !(write && g->readonly)) {
        page = g->page;
        g->in_use++;
    }
    pthread_mutex_unlock(&grants_lock);
    return page;
}

void fake_unmap(struct port_dev *dev, uint32_t ref)
{
    struct fake_grant *g = &dev->grants[ref];

    pthread_mutex_lock(&grants_lock);
    assert(g->in_use);
    if (--g->in_use == 0 && g->free_later) {
        free_page(g->free_later);
        *g = (struct fake_grant){.use = g->use};
    }
    pthread_mutex_unlock(&grants_lock);
}

/* ---- events ---- */

struct port_event *port_event_open(struct port_dev *dev, unsigned int queue, port_event_fn *fn,
                                   void *data)
{
    struct port_event *ev;

    assert(!fake_locks);
    for (uint32_t i = 0; i < FAKE_EVENTS && !fails(); i++) {
        if (dev->events[i])
            continue;
        ev = calloc(1, sizeof(*ev));
        *ev = (struct port_event){.dev = dev, .fn = fn, .data = data, .number = i + 1};
        dev->events[i] = ev;
        fake_events++;
        return ev;
    }
    return NULL;
}

void port_event_close(struct port_event *ev)
{
    assert(!fake_locks);
    if (!ev)
        return;
    ev->dev->events[ev->number - 1] = NULL;
    fake_events--;
    free(ev);
}

uint32_t port_event_number(const struct port_event *ev)
{
    return ev->number;
}

void port_event_notify(struct port_event *ev)
{
    __atomic_fetch_add(&ev->dev->notifications, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&ev->notified, 1, __ATOMIC_SEQ_CST);
}

static struct port_event *event_of(struct port_dev *dev, uint32_t number)
{
    return number && number <= FAKE_EVENTS ? dev->events[number - 1] : NULL;
}

bool fake_raise(struct port_dev *dev, uint32_t number)
{
    struct port_event *ev = event_of(dev, number);

    assert(!fake_locks);
    if (ev && !ev->fn(ev->data))
        __atomic_fetch_add(&dev->idle_events, 1, __ATOMIC_RELAXED);
    return ev;
}

bool fake_notified(struct port_dev *dev, uint32_t number)
{
    struct port_event *ev = event_of(dev, number);

    return ev && __atomic_exchange_n(&ev->notified, 0, __ATOMIC_SEQ_CST);
}

/* ---- locks: a host mutex, and what the core promises about them ---- */

static pthread_mutex_t *mutex_of(struct port_lock *lock)
{
    _Static_assert(sizeof(pthread_mutex_t) <= sizeof(*lock), "the lock fits");
    return (pthread_mutex_t *)lock;
}

void port_lock_init(struct port_lock *lock)
{
    pthread_mutex_init(mutex_of(lock), NULL);
}

unsigned long port_lock(struct port_lock *lock)
{
    pthread_mutex_lock(mutex_of(lock));
    return fake_locks++;
}

void port_unlock(struct port_lock *lock, unsigned long state)
{
    assert(--fake_locks == state);
    pthread_mutex_unlock(mutex_of(lock));
}

/* ---- the store ---- */

static struct fake_key *find(struct fake_key *keys, const char *key)
{
    for (unsigned int i = 0; i < FAKE_KEYS; i++)
        if (!strcmp(keys[i].key, key))
            return &keys[i];
    return NULL;
}

static void set(struct fake_key *keys, const char *key, const char *value)
{
    struct fake_key *k = find(keys, key);

    if (!k)
        k = find(keys, "");
    assert(k);
    snprintf(k->key, sizeof(k->key), "%s", key);
    snprintf(k->value, sizeof(k->value), "%s", value);
}

static void unset(struct fake_key *keys, const char *key)
{
    struct fake_key *k = find(keys, key);

    if (k)
        k->key[0] = 0;
}

void fake_offer(struct port_dev *dev, const char *key, const char *value)
{
    set(dev->theirs, key, value);
}

void fake_withdraw(struct port_dev *dev, const char *key)
{
    unset(dev->theirs, key);
}

const char *fake_wrote(const struct port_dev *dev, const char *key)
{
    const struct fake_key *k = find((struct fake_key *)dev->ours, key);

    return k ? k->value : NULL;
}

uint32_t fake_wrote_number(const struct port_dev *dev, const char *key)
{
    const char *value = fake_wrote(dev, key);

    return value ? (uint32_t)strtoul(value, NULL, 10) : ~0u;
}

int port_store_read(struct port_dev *dev, enum port_dir dir, const char *key, char *value,
                    size_t size)
{
    const struct fake_key *k = find(dir == PORT_OURS ? dev->ours : dev->theirs, key);

    assert(!fake_locks);
    if (!k)
        return -XEN_ENOENT;
    if (strlen(k->value) >= size)
        return -XEN_E2BIG;
    strcpy(value, k->value);
    return 0;
}

int port_store_write(struct port_dev *dev, uint32_t tx, const char *key, const char *value)
{
    assert(!fake_locks);
    if (fails())
        return -XEN_ENOSPC;
    set(dev->ours, key, value);
    return 0;
}

int port_store_remove(struct port_dev *dev, uint32_t tx, const char *key)
{
    assert(!fake_locks);
    unset(dev->ours, key);
    return 0;
}
