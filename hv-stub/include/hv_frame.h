/* SPDX-License-Identifier: MIT */
/*
 * Machine frames: owner, references, type. The safety of direct paging rests on two rules checked
 * here: a frame is used by at most one type at a time, and changes type only when its type count is
 * zero.
 *
 * refs:  bit 63 ALLOCATED (the owner's own reference), low bits the count. A frame goes back to the
 *        allocator when the count reaches zero.
 * type:  one value of enum frame_type, PINNED (guest asked to keep the type), VALID (contents were
 *        validated for the type), low bits the count of uses as that type.
 * Both words change by compare-and-swap only, so that other domains may take references (grants).
 *
 * A page table whose last use ends is not taken apart at once, for that could mean thousands of
 * tables below it. It stays VALID, keeps its references and goes on its owner's list of dead
 * tables; who ended the use calls frame_drain() when it is convenient. A dead table that is used as
 * the same type again is alive again; before another use it is taken apart. Validation of a tree
 * stops half way in the same spirit (PARTIAL) and goes on when it is asked for again. Page-table
 * types are taken and dropped under the owner's domain.lock only.
 */
#ifndef HV_FRAME_H
#define HV_FRAME_H

#include "hv_types.h"

struct domain;

/* Among our own functions: the work is not finished, the hypercall must be continued. No guest ever
 * sees it. */
#define HV_ERESTART 85

enum frame_type {
    FT_NONE = 0, /* no typed use: may become any type */
    FT_WRITABLE, /* mapped writable somewhere */
    FT_L1,       /* page tables, validated */
    FT_L2,
    FT_L3,
    FT_L4,
    FT_DESC,   /* holds GDT or LDT entries, validated */
    FT_HV,     /* the hypervisor's own; never mapped by a guest */
    FT_SHARED, /* hypervisor data a guest may map writable (shared_info, …) and nothing else */
    FT_FREE,   /* begins a free block: set and left under the allocator's lock only */
};

struct frame {
    uint64_t refs;
    uint64_t type;
    struct domain *owner; /* NULL: free or hypervisor's */
    struct list link;     /* owner's page list, or allocator's free list */
    uint64_t tlb_stamp;   /* flush clock when its last typed use or reference ended */
    union {
        uint32_t order; /* allocator: order of the free block that starts here */
        struct {
            uint16_t partial; /* PARTIAL: entries below this one are validated */
            int16_t linear;   /* > 0: its entries that refer to tables of its own level;
                               * < 0: such entries that refer to it. Never both. */
        };
    };
    uint32_t next_dead; /* DEAD: frame number of the next on the list, 0: last */
    union {
        uint32_t filled; /* VALID: a bit for each 16 entries of a table that may have any */
        struct {
            uint32_t refs, types;
        } seen; /* the audit: uses found in tables and registers */
    };
};

#define FRAME_REFS_ALLOCATED (1ull << 63)
#define FRAME_TYPE_SHIFT     56
#define FRAME_TYPE_VALID     (1ull << 55)
#define FRAME_TYPE_PINNED    (1ull << 54)
#define FRAME_TYPE_PARTIAL                                                                     \
    (1ull << 53)                      /* validation stopped half way: holds a use, a reference \
                                       */
#define FRAME_TYPE_DEAD  (1ull << 52) /* on the list of dead tables: holds a reference */
#define FRAME_TYPE_COUNT ((1ull << 52) - 1) /* more than there can be page-table entries */

extern struct frame *frame_table;
extern uint64_t frame_count; /* entries of frame_table: highest RAM mfn + 1 */

#define FRAME_ALL_FILLED 0xffffffffu

static inline struct frame *frame_of(mfn_t m)
{
    return &frame_table[m.v];
}

static inline mfn_t frame_mfn(const struct frame *f)
{
    return MFN((uint64_t)(f - frame_table));
}

/* Is it a frame of RAM that the frame table describes? */
static inline bool mfn_valid(mfn_t m)
{
    return m.v < frame_count;
}

static inline enum frame_type frame_type(const struct frame *f)
{
    return (enum frame_type)(READ_ONCE(f->type) >> FRAME_TYPE_SHIFT);
}

/* ---- palloc.c: buddy allocator over the frames left after boot */
/* Hand [start, end) to the allocator at boot. */
void palloc_add(mfn_t start, mfn_t end);
/* 2^order frames, contiguous and aligned, zeroed, typed FT_HV, owner NULL. INVALID_MFN: none left.
 */
mfn_t palloc(unsigned order);
/* The same with machine addresses below 2^bits; 0: anywhere. */
mfn_t palloc_below(unsigned order, unsigned bits);
void pfree(mfn_t m, unsigned order);
uint64_t palloc_free_frames(void);
uint64_t palloc_all_frames(void); /* handed to it at boot, and as boot modules are let go */
/* Zeroed hypervisor memory of whole pages through the direct map; NULL if none is left. */
void *hv_alloc(size_t bytes);
void hv_free(void *p, size_t bytes);

/* ---- frame.c */
/* 2^order zeroed contiguous pages for domain d, each: owner d, ALLOCATED, refs 1, on d->pages,
 * counted in tot_pages. INVALID_MFN when they do not fit below max_pages or there is no memory.
 * d->lock is held unless d is being built: who holds it can rely on no frame becoming d's. The
 * opposite, frame_put(), needs no lock. */
mfn_t frame_alloc_domain(struct domain *d, unsigned order);
/* The same below 2^bits; see palloc_below(). */
mfn_t frame_alloc_below(struct domain *d, unsigned order, unsigned bits);
/* Drop the owner's ALLOCATED reference (decrease_reservation, exchange): false if it was gone. The
 * caller holds a reference of its own. */
bool frame_release(struct frame *f);
/* Take a reference if f belongs to d (and is allocated). False otherwise, nothing changed. */
static inline bool frame_get(struct frame *f, const struct domain *d);
/* Drop a reference; frees the frame with the last one. */
static inline void frame_put(struct frame *f);
/* Use f as type t: takes a type reference. Page-table and descriptor types are validated on first
 * use by arch_frame_validate(), which may take references itself; the caller holds the owner's lock
 * then. 0, what validation said, or when another type is in use: -XEN_EBUSY if writable was asked,
 * -XEN_EINVAL otherwise. */
static inline int frame_get_type(struct frame *f, enum frame_type t);
static inline void frame_put_type(struct frame *f);
/* The same for tables, for work that can be continued: -HV_ERESTART when something else waits. */
static inline int frame_get_type_preemptible(struct frame *f, enum frame_type t);
/* Reference and type at once; the owner's lock is held. */
int frame_get_and_type(struct frame *f, const struct domain *d, enum frame_type t);
/* The same of a page that is to be written to, with d's lock not held; NULL: m is none that d could
 * write to. */
struct frame *frame_get_writable(struct domain *d, mfn_t m);
void frame_put_and_type(struct frame *f);
/* Take dead tables of d apart until there are none (true), or until stop(), if given, says so, but
 * one at least. d->lock is held. */
bool frame_drain(struct domain *d, bool (*stop)(void));
static inline bool frame_is_table(enum frame_type t)
{
    return t >= FT_L1 && t <= FT_L4;
}
/* Make a hypervisor page mappable by d (shared_info, hv-provided rings): owner d, FT_SHARED. */
void frame_share(mfn_t m, struct domain *d);
/* Recount every use of an ended domain's frames from first principles (page tables, pins, roots,
 * descriptor tables, registered areas) and compare with the counts. Before anything of it is given
 * back, its vcpus off all CPUs. Logs what differs, returns how many things did. */
uint64_t domain_audit(struct domain *d);
/* At the end of the machine, all domains given back: does anybody still own a frame? Logs "audit: N
 * violations", where N includes what domain_audit() found, and returns it. */
uint64_t frames_audit(void);
/* Take a frame away from d without freeing it: 0 or -XEN_EINVAL if it has any use or is not d's.
 * It goes on `list`, and from there back or to the allocator. */
int frame_steal(struct frame *f, struct domain *d, struct list *list);
void frames_unsteal(struct domain *d, struct list *list);
void frames_free_stolen(struct list *list);
/* Room for n more pages of d, counted in its tot_pages at once; false if there is none. */
bool frames_book(struct domain *d, uint64_t n);
void frames_unbook(struct domain *d, uint64_t n);
/* Stolen frames become d's, which has booked them. */
void frames_adopt(struct domain *d, struct list *list);
/* Free all memory of a dead domain (its vcpus are off all CPUs). Bounded steps; true when done. */
bool domain_release_memory(struct domain *d);
/* "owner d1 type l1 count 3 refs 4 pinned" into buf, for diagnostics. */
void frame_describe(mfn_t m, char *buf, size_t n);

/* ---- frame_inline.h: the common cases, a compare-and-swap each; frame.c has the others */
void frame_free(struct frame *f); /* the last reference is gone */
int frame_get_type_slow(struct frame *f, enum frame_type t, bool preemptible);
void frame_put_type_slow(struct frame *f);

/* ---- frame_dead.c, for frame.c and frame_owner.c; the owner's lock is held */
void frame_bury(struct frame *f);      /* its last use ended and it is DEAD: onto the list */
void frame_dismantle(struct frame *f); /* a VALID table without use: drop its references */
void frame_abandon(struct frame *f);   /* if it is PARTIAL: nobody will go on with it */

#include "hv_frame_inline.h"

#endif
