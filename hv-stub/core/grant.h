/* SPDX-License-Identifier: MIT */
/*
 * Grant tables: what grant*.c share.
 *
 * The granting side keeps an active entry beside each entry that guests see: who uses it and how
 * often. The using side keeps a record per mapping (its number is the handle). As in Xen a pin
 * holds no reference: each page-table entry, each mapping for devices and each of our own mappings
 * does.
 *
 * Locks: grant_table.lock is inside domain.lock; map_lock is inside it too. No two of them are held
 * together. A use of another domain's frames that begins or ends lies between grant_enter() and
 * grant_leave(), so that an audit can wait until the books are in order.
 */
#ifndef GRANT_H
#define GRANT_H

#include "hv.h"
#include "hv_grant.h"

#define GRANT_MAX_FRAMES     64 /* as Xen's default: 32768 grants */
#define GRANT_PER_FRAME      (PAGE_SIZE / sizeof(grant_entry_v1_t))
#define GRANT_MAX_MAP_FRAMES 128
#define GRANT_MAPS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_mapping))
#define GRANT_NO_HANDLE      (~0u)

/* Uses of an entry: four counters in one word. */
#define PIN_READ        (1u << 0)
#define PIN_WRITE       (1u << 8)
#define PIN_DEV_READ    (1u << 16)
#define PIN_DEV_WRITE   (1u << 24)
#define PIN_WRITES      0xff00ff00u
#define PIN_OVERFLOW(i) ((i) << 7) /* half of what the counters of i hold */

struct grant_active {
    uint32_t pin;  /* 0: not in use, the rest means nothing */
    domid_t domid; /* of the user; 0: hv-stub itself */
    mfn_t mfn;
};

/* A use of somebody's frame by a mapping. */
struct grant_mapping {
    uint32_t ref;   /* free: the next free handle */
    domid_t domid;  /* who granted it */
    uint16_t flags; /* GNTMAP_*; 0: free */
};
_Static_assert(sizeof(struct grant_mapping) == 8, "records fill their pages");

struct grant_table {
    spinlock_t lock;
    uint32_t nr_frames;
    uint32_t nr_pinned; /* entries in use */
    uint32_t in_flight; /* atomic: uses that begin or end just now */
    bool auditing;      /* … have to wait */
    bool closed;        /* none begins any more */
    bool orphaned;      /* goes with the last pin */
    grant_entry_v1_t *shared[GRANT_MAX_FRAMES];
    struct grant_active *active[GRANT_MAX_FRAMES];

    spinlock_t map_lock;
    uint32_t nr_map_frames, nr_maps, free_map;
    uint32_t release_next; /* grant_release() */
    struct grant_mapping *maps[GRANT_MAX_MAP_FRAMES];
};

/* A use of grant ref by domain `by`. */
struct grant_use {
    grant_ref_t ref;
    domid_t by;
    bool map;     /* not only a copy */
    uint32_t pin; /* PIN_*, summed */
};

/* Strict mode for a status: hv_refuse() tells it from an errno. */
#define GRANT_REFUSE(status, ...) \
    ((int)(hv_refuse((status)-GRANT_STATUS_BASE, __VA_ARGS__) + GRANT_STATUS_BASE))
#define GRANT_REFUSE_FRAME(status, mfn, ...) \
    ((int)(hv_refuse_frame((status)-GRANT_STATUS_BASE, mfn, __VA_ARGS__) + GRANT_STATUS_BASE))

/* ---- grant.c */
static inline uint32_t grant_entries(const struct grant_table *t)
{
    return READ_ONCE(t->nr_frames) * (uint32_t)GRANT_PER_FRAME;
}
/* Of a ref below grant_entries(). */
static inline grant_entry_v1_t *grant_shared(const struct grant_table *t, grant_ref_t ref)
{
    return &t->shared[ref / GRANT_PER_FRAME][ref % GRANT_PER_FRAME];
}
static inline struct grant_active *grant_active(const struct grant_table *t, grant_ref_t ref)
{
    return &t->active[ref / GRANT_PER_FRAME][ref % GRANT_PER_FRAME];
}
/* The arguments of an element cannot be read or its results not written. */
long grant_fault(void);
/* Free the table of a domain that is gone; its lock is held or nobody can reach it. */
void grant_free(struct grant_table *t);

/* ---- grant_pin.c */
/* A living domain whose frames are about to be used, NULL if there is none; or a domain whose
 * frames cease to be used, living or not. */
struct domain *grant_enter(domid_t id);
void grant_enter_end(struct domain *d);
void grant_leave(struct domain *d);
/* Pin an entry and take a reference on its frame, with a writable type if one of the pins writes.
 * GNTST_*; rd was entered. */
int grant_pin(struct domain *rd, const struct grant_use *u, struct frame **f);
/* Drop pins; references are the caller's. */
void grant_unpin(struct domain *rd, grant_ref_t ref, uint32_t pin);
/* Drop what grant_pin() took. */
void grant_unuse(struct domain *rd, const struct grant_use *u, struct frame *f);
/* A reference on a frame that d itself names, with a writable type if asked; GNTST_*. */
int grant_own_frame(struct domain *d, uint64_t gfn, bool writable, struct frame **f);

/* ---- operations: one element of a list of the guest's each. 0, or an errno that ends the list. */
long grant_op_map(gva_t arg);
/* n elements (GRANT_UNMAP_BATCH at most), so that one flush serves them all; *done says how many.
 */
#define GRANT_UNMAP_BATCH 32
long grant_op_unmap(gva_t arg, uint32_t n, bool replace);
long grant_op_copy(gva_t arg);
long grant_op_transfer(gva_t arg);
long grant_op_swap(gva_t arg);
long grant_op_cache_flush(gva_t arg);

#endif
