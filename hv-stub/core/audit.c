/* SPDX-License-Identifier: MIT */
/*
 * Do the counts of every frame agree with what is there? An ended domain is audited while all its
 * page tables and registrations still stand; when the machine ends nobody may own a frame.
 */
#include "evtchn.h"
#include "hv_grant.h"

#define REFS_COUNT   (FRAME_REFS_ALLOCATED - 1)
#define MAX_REPORTED 8

static uint64_t violations; /* of all audits */

static void __attribute__((format(printf, 2, 3))) report(mfn_t m, const char *fmt, ...)
{
    char what[96], frame[96];
    va_list ap;

    if (__atomic_fetch_add(&violations, 1, __ATOMIC_RELAXED) >= MAX_REPORTED)
        return;
    va_start(ap, fmt);
    hv_vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    frame_describe(m, frame, sizeof(frame));
    hv_log("audit: mfn 0x%lx (%s): %s", (unsigned long)m.v, frame, what);
}

/* ---- one domain */

/* A use of a frame of the domain audited. */
static void count_use(struct frame *f, enum frame_type t)
{
    f->seen.refs++;
    if (t == FT_NONE)
        return;
    f->seen.types++;
    if (t != frame_type(f) && !(t == FT_WRITABLE && frame_type(f) == FT_SHARED))
        report(frame_mfn(f), "used as type %u too", (unsigned)t);
}

struct walk {
    const struct domain *d;
    uint32_t foreign; /* entries that map frames of others */
};

static void found_use(mfn_t m, enum frame_type t, void *ctx)
{
    struct walk *w = ctx;
    const struct domain *d = w->d;

    if (!mfn_valid(m)) {
        report(m, "d%u uses what is not RAM", d->id);
        return;
    }
    if (frame_of(m)->owner == d) {
        count_use(frame_of(m), t);
        return;
    }
    if (t != FT_NONE && t != FT_WRITABLE)
        report(m, "d%u uses a frame that is not its own", d->id);
    w->foreign++;
}

/* Another domain's entries: only those that map frames of d are of interest. */
static void found_grant(mfn_t m, enum frame_type t, void *ctx)
{
    if (mfn_valid(m) && frame_of(m)->owner == ctx)
        count_use(frame_of(m), t);
}

static void found_pins(mfn_t m, uint32_t refs, uint32_t types)
{
    frame_of(m)->seen.refs += refs;
    frame_of(m)->seen.types += types;
}

/* What others use of d by grants. Those whose page tables were walked stay locked until all is
 * compared (bits of the result); nobody else holds two such locks. */
static uint32_t grant_uses(struct domain *d)
{
    uint32_t locked = 0;

    grant_audit_walk(d, found_pins);
    for (uint32_t i = 1; i < nr_domains; i++) {
        struct domain *o = domains[i];

        if (!o || o == d || !grant_mappings(o))
            continue;
        spin_lock(&o->lock);
        locked |= 1u << i;
        arch_audit_walk(o, found_grant, d);
    }
    return locked;
}
_Static_assert(HV_MAX_DOMAINS <= 32, "a bit for each domain");

static void unlock(uint32_t locked)
{
    for (uint32_t i = 1; i < nr_domains; i++)
        if (locked >> i & 1)
            spin_unlock(&domains[i]->lock);
}

static void count_writable(struct frame *f)
{
    count_use(f, FT_WRITABLE);
}

/* What the portable part holds on to. */
static void core_uses(struct domain *d)
{
    struct frame *held[] = {d->console_frame, d->store_frame, d->eoi_frame};

    for (unsigned i = 0; i < ARRAY_SIZE(held); i++)
        if (held[i])
            count_use(held[i], FT_WRITABLE);
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        if (d->vcpu[i]->info_frame)
            count_use(d->vcpu[i]->info_frame, FT_WRITABLE);
    evtchn_fifo_pages(d, count_writable);
}

/* Before the walk: what each frame has without anybody using it. */
static void expect_idle(struct frame *f)
{
    bool shared = frame_type(f) == FT_SHARED;

    bool partial = f->type & FRAME_TYPE_PARTIAL, dead = f->type & FRAME_TYPE_DEAD;

    f->seen.refs = (shared || (f->refs & FRAME_REFS_ALLOCATED)) + partial + dead;
    f->seen.types = shared + partial;
}

/* … and the frame keeps nothing of the audit. */
static void compare(struct frame *f)
{
    uint64_t refs = f->refs & REFS_COUNT, types = f->type & FRAME_TYPE_COUNT;
    mfn_t m = frame_mfn(f);

    if (refs != f->seen.refs)
        report(m, "%u references found", f->seen.refs);
    if (types != f->seen.types)
        report(m, "%u typed uses found", f->seen.types);
    if (types && !(f->type & (FRAME_TYPE_VALID | FRAME_TYPE_PARTIAL)))
        report(m, "in use, but never validated");
    if ((f->type & FRAME_TYPE_PINNED) && !types)
        report(m, "pinned, but not in use");
    f->filled = FRAME_ALL_FILLED;
}

uint64_t domain_audit(struct domain *d)
{
    uint64_t pages = 0, before = violations;
    struct walk w = {.d = d};
    uint32_t locked;

    grant_audit_begin(d);
    spin_lock(&d->lock);
    for (uint64_t i = 0; i < frame_count; i++)
        if (frame_table[i].owner == d)
            expect_idle(&frame_table[i]);
    arch_audit_walk(d, found_use, &w);
    core_uses(d);
    locked = grant_uses(d);
    if (w.foreign > grant_mappings(d))
        report(INVALID_MFN, "d%u maps %u frames that are not its own and has %u grants of any",
               d->id, w.foreign, grant_mappings(d));
    for (uint64_t i = 0; i < frame_count; i++) {
        struct frame *f = &frame_table[i];

        if (f->owner != d)
            continue;
        pages += frame_type(f) != FT_SHARED;
        compare(f);
    }
    unlock(locked);
    spin_unlock(&d->lock);
    grant_audit_end(d);
    if (pages != d->tot_pages) {
        violations++;
        hv_log("audit: d%u owns %lu pages and is charged for %lu", d->id, (unsigned long)pages,
               (unsigned long)d->tot_pages);
    }
    return violations - before;
}

/* ---- the whole machine */

uint64_t frames_audit(void)
{
    for (uint64_t i = 0; i < frame_count; i++) {
        const struct frame *f = &frame_table[i];

        if (f->owner && frame_type(f) != FT_SHARED)
            report(MFN(i), "still owned after its owner's end");
    }
    hv_log("audit: %lu violations", (unsigned long)violations);
    return violations;
}
