/* SPDX-License-Identifier: MIT */
/*
 * Memory of the store: blocks of a few sizes cut from pages, larger ones as whole pages, all on the
 * account of a domain. A page goes back as soon as no block of it is in use, so what a domain can
 * make the store hold is what its account allows, times the waste of the sizes.
 */
#include "xs.h"

struct head { /* before each block */
    uint32_t size;
    uint32_t id;
};

struct slab { /* at the start of a page */
    struct list link;
    void *free; /* chain through the blocks' first words */
    uint32_t used;
    uint32_t class;
};

static const uint16_t sizes[] = {64, 128, 192, 320, 496, 1008, 2016};
#define SLAB_FIRST 64
_Static_assert(sizeof(struct slab) <= SLAB_FIRST, "blocks begin behind it");

static struct list partial[ARRAY_SIZE(sizes)]; /* slabs with a free block; next NULL: not set up */
static uint32_t used[HV_MAX_DOMAINS];

static struct slab *slab_new(uint32_t class)
{
    struct slab *s = hv_alloc(PAGE_SIZE);
    uint32_t size = sizes[class];

    if (!s)
        return NULL;
    s->class = class;
    for (uint32_t at = SLAB_FIRST; at + size <= PAGE_SIZE; at += size) {
        void **block = (void **)((char *)s + at);

        *block = s->free;
        s->free = block;
    }
    list_add(&partial[class], &s->link);
    return s;
}

static void *slab_take(uint32_t class)
{
    struct slab *s;
    void **block;

    if (!partial[class].next)
        list_init(&partial[class]);
    s = list_empty(&partial[class]) ? slab_new(class)
                                    : list_entry(partial[class].next, struct slab, link);
    if (!s)
        return NULL;
    block = s->free;
    s->free = *block;
    s->used++;
    if (!s->free)
        list_del(&s->link);
    return block;
}

static void slab_give(void *p)
{
    struct slab *s = (struct slab *)((uintptr_t)p & PAGE_MASK);
    bool was_full = !s->free;

    *(void **)p = s->free;
    s->free = p;
    if (was_full)
        list_add(&partial[s->class], &s->link);
    if (--s->used)
        return;
    list_del(&s->link);
    hv_free(s, PAGE_SIZE);
}

void *xs_alloc(domid_t id, size_t n)
{
    uint32_t class = 0;
    size_t size = n + sizeof(struct head);
    struct head *h;

    while (class < ARRAY_SIZE(sizes) && sizes[class] < size)
        class ++;
    size = class < ARRAY_SIZE(sizes) ? sizes[class] : ROUND_UP(size, PAGE_SIZE);
    if (id && used[id] + size > XS_MAX_MEMORY)
        return NULL;
    h = class < ARRAY_SIZE(sizes) ? slab_take(class) : hv_alloc(size);
    if (!h)
        return NULL;
    h->size = (uint32_t)size;
    h->id = id;
    used[id] += (uint32_t)size;
    return h + 1;
}

void xs_free(void *p)
{
    struct head *h = (struct head *)p - 1;

    used[h->id] -= h->size;
    if (h->size < PAGE_SIZE)
        slab_give(h);
    else
        hv_free(h, h->size);
}

uint32_t xs_memory_used(domid_t id)
{
    return used[id];
}
