/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "pvfake.h"
#include "evtchn.h"
#include "grant.h"
#include "handlers.h"
#include "mm.h"
#include "paging.h"
#include "percpu.h"
#include "pv.h"
#include "smp.h"
#include "svm.h"
#include "tlb.h"

#define FIRST_FREE    16 /* frame 0 is nobody's, the next ones hold the hypervisor's tables */
#define HV_L4_MFN     1
#define M2P_MFN       2 /* and 3 */
#define HV_TABLES_MFN 4
#define TLB_ENTRIES   16

struct vcpu *fake_current;
uint32_t fake_cpu;
uint8_t *fake_ram;
uint8_t fake_arg[FAKE_ARG_BYTES];
unsigned fake_preempt_every, fake_flushes, fake_page_flushes;
bool fake_continued, fake_verbose;
uint64_t fake_args[4];
bool (*fake_between)(void);
void (*fake_on_read)(void);

struct domain *domains[HV_MAX_DOMAINS];
uint32_t nr_domains, nr_cpus;
struct hv_options hv_opt;
struct percpu percpu_area[HV_MAX_CPUS];
uint64_t cpus_online, *hv_l4, *m2p, m2p_bytes;

static struct domain domain_area[HV_MAX_DOMAINS];
static struct vcpu vcpu_area[HV_MAX_DOMAINS][4];
static struct cpu_user_regs frame_area[HV_MAX_DOMAINS][4];
static struct frame frames[FAKE_FRAMES];
static unsigned preempt_asked;

/* ---- services of other parts */

static void __attribute__((format(printf, 2, 0))) say(const char *what, const char *fmt, va_list ap)
{
    char line[512];

    hv_vsnprintf(line, sizeof(line), fmt, ap);
    fprintf(stderr, "%s: %s\n", what, line);
}

void hv_log(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say("log", fmt, ap);
    va_end(ap);
}

void hv_panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say("panic", fmt, ap);
    va_end(ap);
    abort();
}

long hv_refuse(long err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (fake_verbose)
        say("refused", fmt, ap);
    va_end(ap);
    return err;
}

long hv_refuse_frame(long err, mfn_t mfn, const char *fmt, ...)
{
    char text[128];
    va_list ap;

    frame_describe(mfn, text, sizeof(text));
    va_start(ap, fmt);
    if (fake_verbose)
        say(text, fmt, ap);
    va_end(ap);
    return err;
}

struct domain *domain_by_id(domid_t id)
{
    return id < nr_domains ? domains[id] : NULL;
}

void strcpy_n(char *d, const char *s, size_t n)
{
    snprintf(d, n, "%s", s);
}

bool hypercall_preempt(void)
{
    return fake_preempt_every && ++preempt_asked % fake_preempt_every == 0;
}

long hypercall_continue(uint32_t nr, unsigned nargs, uint64_t a1, uint64_t a2, uint64_t a3,
                        uint64_t a4)
{
    uint64_t args[4] = {a1, a2, a3, a4};

    fake_continued = true;
    memcpy(fake_args, args, sizeof(args));
    return nr;
}

static bool in_arg(gva_t va, size_t n)
{
    uint64_t off = va.v - (uint64_t)fake_arg;

    return off <= FAKE_ARG_BYTES && n <= FAKE_ARG_BYTES - off;
}

int guest_read(void *dst, gva_t src, size_t n)
{
    if (fake_on_read)
        fake_on_read();
    if (!in_arg(src, n))
        return -XEN_EFAULT;
    memcpy(dst, (const void *)src.v, n);
    return 0;
}

int guest_write(gva_t dst, const void *src, size_t n)
{
    if (!in_arg(dst, n))
        return -XEN_EFAULT;
    memcpy((void *)dst.v, src, n);
    return 0;
}

size_t arch_guest_read(void *dst, gva_t src, size_t n)
{
    return guest_read(dst, src, n) ? n : 0;
}

/* No domain here has queues of events. */
void evtchn_fifo_pages(const struct domain *d, void (*fn)(struct frame *f))
{
}

void arch_pages_clear(void *p, size_t bytes)
{
    memset(p, 0, bytes);
}

void arch_m2p_set(mfn_t m, gfn_t g)
{
    m2p_set(m, g);
}

gfn_t arch_m2p_get(mfn_t m)
{
    return m2p_get(m);
}

mfn_t arch_gfn_to_mfn(struct domain *d, gfn_t g)
{
    return MFN(g.v);
}

bool arch_physmap_set(struct domain *d, gfn_t g, mfn_t m)
{
    return false;
}

mfn_t arch_physmap_clear(struct domain *d, gfn_t g)
{
    return INVALID_MFN;
}

unsigned int arch_memory_map(const struct domain *d, struct mem_range map[MEM_RANGES])
{
    map[0] = (struct mem_range){0, d->max_pages << PAGE_SHIFT, MEM_RAM};
    return 1;
}

mfn_t arch_m2p_extent(uint64_t i)
{
    return i ? INVALID_MFN : MFN(M2P_MFN);
}

long hc_enosys(void)
{
    return -XEN_ENOSYS;
}

void arch_spin_poll(void)
{
}

/* ---- x86/pv parts that belong to the processor */

uint64_t pv_gdt_va(const struct vcpu *v)
{
    return 0; /* no code runs in a segment of the guest's own */
}

bool desc_page_valid(uint64_t *page)
{
    return page[0] != ~0ull;
}

bool pv_ldt_invalidate(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;
    uint32_t mapped = pv->ldt_mapped;

    pv->ldt_mapped = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(pv->ldt_frame); i++) {
        if (pv->ldt_frame[i])
            frame_put_and_type(pv->ldt_frame[i]);
        pv->ldt_frame[i] = NULL;
    }
    return mapped != 0;
}

long pv_set_ldt(struct vcpu *v, uint64_t base, uint64_t ents)
{
    if (ents > 8192)
        return -XEN_EINVAL;
    pv_ldt_invalidate(v);
    v->arch.pv.ldt_base = base;
    v->arch.pv.ldt_ents = (uint32_t)ents;
    return 0;
}

void pv_load_root(struct vcpu *v)
{
    fake_run(v, fake_cpu);
}

/* ---- TLBs */

/* A translation as a CPU may keep it: the page, and the tables it was found through, which a CPU
 * may go on using for other addresses. */
struct tlb_entry {
    bool valid, writable;
    const struct domain *d;
    uint64_t va;
    mfn_t leaf, table[3]; /* L3, L2, L1 */
};

static struct tlb_entry tlb[FAKE_CPUS][TLB_ENTRIES];
static unsigned tlb_next;

static void flush_cpu(uint32_t cpu)
{
    memset(tlb[cpu], 0, sizeof(tlb[cpu]));
    percpu_area[cpu].tlb_time = tlb_clock;
    fake_flushes++;
}

static void flush_page(uint32_t cpu, uint64_t va)
{
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        if (tlb[cpu][i].va == (va & PAGE_MASK))
            tlb[cpu][i].valid = false;
    fake_page_flushes++;
}

void arch_flush_tlb_local(void)
{
    flush_cpu(fake_cpu);
}

void arch_flush_page_local(uint64_t va)
{
    flush_page(fake_cpu, va);
}

void arch_flush_tlb_mask(uint64_t cpu_mask)
{
    for (uint64_t m = cpu_mask & cpus_online; m; m &= m - 1)
        flush_cpu((uint32_t)__builtin_ctzll(m));
}

void arch_flush_page_mask(uint64_t va, uint64_t cpu_mask)
{
    for (uint64_t m = cpu_mask & cpus_online; m; m &= m - 1)
        flush_page((uint32_t)__builtin_ctzll(m), va);
}

/* As the processor walks: false where it would fault. */
static bool walk(struct tlb_entry *t, mfn_t root, uint64_t va, bool write)
{
    uint64_t e = root.v << PAGE_SHIFT | PTE_RW;
    bool rw = true;

    for (unsigned level = 4; level > 0; level--) {
        if (level < 4)
            t->table[3 - level] = pte_mfn(e);
        e = ((const uint64_t *)mfn_to_virt(pte_mfn(e)))[pt_index(va, level)];
        if (!(e & PTE_P) || !(e & PTE_US) || pte_mfn(e).v >= FAKE_FRAMES)
            return false;
        rw &= !!(e & PTE_RW);
    }
    t->leaf = pte_mfn(e);
    t->writable = rw;
    return rw || !write;
}

static struct tlb_entry *look_up(uint64_t va, bool write)
{
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        struct tlb_entry *t = &tlb[fake_cpu][i];

        if (t->valid && t->va == (va & PAGE_MASK) && (t->writable || !write))
            return t;
    }
    return NULL;
}

uint64_t *fake_access(uint64_t va, bool write)
{
    const struct vcpu *v = fake_current;
    mfn_t root = v->arch.pv.kernel_mode ? v->arch.pv.root_kernel : v->arch.pv.root_user;
    struct tlb_entry *t = look_up(va, write);

    if (!t) {
        t = &tlb[fake_cpu][tlb_next++ % TLB_ENTRIES];
        *t = (struct tlb_entry){.d = v->domain, .va = va & PAGE_MASK};
        t->valid = walk(t, root, va, write);
        if (!t->valid)
            return NULL;
    }
    return (uint64_t *)((char *)mfn_to_virt(t->leaf) + (va & (PAGE_SIZE - 1) & ~7ull));
}

static bool in_use_as_contents(const struct frame *f)
{
    enum frame_type t = frame_type(f);

    return t >= FT_L1 && t <= FT_DESC && (f->type & FRAME_TYPE_VALID);
}

/* Is m in use by d through a grant of its owner's? */
static bool granted(const struct domain *owner, const struct domain *d, mfn_t m)
{
    const struct grant_table *t = owner->grants;

    for (uint32_t ref = 0; ref < grant_entries(t); ref++) {
        const struct grant_active *a = grant_active(t, ref);

        if (a->pin && a->domid == d->id && mfn_eq(a->mfn, m))
            return true;
    }
    return false;
}

/* A free frame does no harm yet: entries for it go before it is given out again. */
static bool foreign(const struct frame *f, const struct domain *d)
{
    return f->owner && f->owner != d && !granted(f->owner, d, frame_mfn(f));
}

static const char *broken(const struct tlb_entry *t)
{
    const struct frame *leaf = frame_of(t->leaf);

    if (foreign(leaf, t->d))
        return "a page that is not the domain's";
    if (t->writable && in_use_as_contents(leaf))
        return "a table or descriptor page, writable";
    for (unsigned i = 0; i < 3; i++) {
        const struct frame *f = frame_of(t->table[i]);

        if (foreign(f, t->d))
            return "a page through a table that is not the domain's";
        if (frame_type(f) == FT_WRITABLE && (f->type & FRAME_TYPE_COUNT))
            return "a page through a table that the guest may write to";
    }
    return NULL;
}

unsigned fake_tlb_violations(void)
{
    unsigned n = 0;

    for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++)
        for (unsigned i = 0; i < TLB_ENTRIES; i++) {
            const struct tlb_entry *t = &tlb[cpu][i];
            const char *why = t->valid ? broken(t) : NULL;

            if (!why)
                continue;
            n++;
            hv_log("CPU %u remembers at 0x%lx %s", cpu, (unsigned long)t->va, why);
        }
    return n;
}

/* ---- vcpus on CPUs */

static void leave(struct domain *d)
{
    d->arch.dirty_cpus &= ~(1ull << fake_cpu);
}

void fake_run(struct vcpu *v, uint32_t cpu)
{
    const struct pv_vcpu *pv = &v->arch.pv;

    fake_cpu = cpu;
    fake_current = percpu_area[cpu].current;
    if (fake_current && fake_current->domain != v->domain)
        leave(fake_current->domain);
    if (fake_current)
        fake_current->running = false;
    fake_current = percpu_area[cpu].current = v;
    v->running = true;
    v->cpu = cpu;
    v->domain->arch.dirty_cpus |= 1ull << cpu;
    percpu_area[cpu].cr3 = (pv->kernel_mode ? pv->root_kernel : pv->root_user).v << PAGE_SHIFT;
    flush_cpu(cpu);
}

/* ---- the machine */

static void reset_frames(void)
{
    while (frame_table && !mfn_eq(palloc(0), INVALID_MFN))
        ; /* the allocator forgets what it had */
    memset(frames, 0, sizeof(frames));
    frame_table = frames;
    frame_count = FAKE_FRAMES;
    for (unsigned i = 0; i < FAKE_FRAMES; i++)
        frames[i].type = (uint64_t)FT_HV << FRAME_TYPE_SHIFT;
    palloc_add(MFN(FIRST_FREE), MFN(FAKE_FRAMES));
}

void fake_reset(void)
{
    if (!fake_ram)
        fake_ram = aligned_alloc(PAGE_SIZE, FAKE_FRAMES * PAGE_SIZE);
    memset(fake_ram, 0, FAKE_FRAMES * PAGE_SIZE);
    hv_l4 = mfn_to_virt(MFN(HV_L4_MFN));
    m2p = mfn_to_virt(MFN(M2P_MFN));
    m2p_bytes = FAKE_FRAMES * sizeof(uint64_t);
    for (unsigned i = HV_L4_FIRST; i <= HV_L4_LAST; i++)
        hv_l4[i] = (uint64_t)(HV_TABLES_MFN + i % 4) << PAGE_SHIFT | PTE_P | PTE_RW;
    memset(percpu_area, 0, sizeof(percpu_area));
    memset(domain_area, 0, sizeof(domain_area));
    memset(vcpu_area, 0, sizeof(vcpu_area));
    memset(domains, 0, sizeof(domains));
    nr_domains = 1;
    nr_cpus = FAKE_CPUS;
    cpus_online = (1ull << FAKE_CPUS) - 1;
    fake_cpu = 0;
    fake_current = NULL;
    fake_between = NULL;
    fake_on_read = NULL;
    fake_preempt_every = preempt_asked = 0;
    fake_flushes = fake_page_flushes = 0;
    memset(tlb, 0, sizeof(tlb));
    reset_frames();
}

void fake_resume(struct vcpu *v)
{
    HV_ASSERT(v->running && percpu_area[v->cpu].current == v);
    fake_cpu = v->cpu;
    fake_current = v;
}

static void drop_root(mfn_t *root)
{
    if (pv_has_root(*root))
        frame_put_and_type(frame_of(*root));
    *root = MFN(0);
}

void fake_leave(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;

    if (v->running) {
        fake_resume(v);
        leave(v->domain);
        percpu_area[fake_cpu].cr3 = virt_to_mfn(hv_l4).v << PAGE_SHIFT;
        flush_cpu(fake_cpu);
        fake_current = percpu_area[fake_cpu].current = NULL;
        v->running = false;
    }
    spin_lock(&v->domain->lock);
    pv_ldt_invalidate(v);
    for (unsigned i = 0; i < ARRAY_SIZE(pv->gdt_frame); i++) {
        if (pv->gdt_frame[i])
            frame_put_and_type(pv->gdt_frame[i]);
        pv->gdt_frame[i] = NULL;
    }
    drop_root(&pv->root_user);
    drop_root(&pv->root_kernel);
    spin_unlock(&v->domain->lock);
}

/* ---- domains */

static mfn_t first_mfn[HV_MAX_DOMAINS];

mfn_t d_mfn(const struct domain *d, unsigned i)
{
    return MFN(first_mfn[d->id].v + i);
}

static void give_frames(struct domain *d, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        mfn_t m = frame_alloc_domain(d, 0);

        HV_ASSERT(!mfn_eq(m, INVALID_MFN));
        if (i == 0 || m.v < first_mfn[d->id].v)
            first_mfn[d->id] = m;
    }
    for (unsigned i = 0; i < n; i++) /* they came in one piece: the allocator was fresh */
        HV_ASSERT(frame_of(d_mfn(d, i))->owner == d);
}

static uint64_t *table(const struct domain *d, unsigned i)
{
    return mfn_to_virt(d_mfn(d, i));
}

static void build_tables(struct domain *d, unsigned n)
{
    unsigned nr_l1 = DIV_UP(n, PT_ENTRIES), tables = 3 + nr_l1;
    uint64_t up = PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;

    table(d, 0)[0] = d_mfn(d, 1).v << PAGE_SHIFT | up;
    table(d, 1)[0] = d_mfn(d, 2).v << PAGE_SHIFT | up;
    for (unsigned i = 0; i < nr_l1; i++)
        table(d, 2)[i] = d_mfn(d, 3 + i).v << PAGE_SHIFT | up;
    for (unsigned i = 0; i < n; i++)
        table(d, 3 + i / PT_ENTRIES)[i % PT_ENTRIES] =
            d_mfn(d, i).v << PAGE_SHIFT | PTE_P | (i < tables ? 0 : PTE_RW);
}

static void take_root(struct domain *d)
{
    spin_lock(&d->lock);
    HV_ASSERT(!pt_take_root(d, d_mfn(d, 0), false, false));
    spin_unlock(&d->lock);
}

struct domain *fake_domain(domid_t id, unsigned n, unsigned vcpus)
{
    struct domain *d = &domain_area[id];

    d->id = id;
    d->max_pages = n;
    list_init(&d->pages);
    d->arch.perdomain_l3 = palloc(0);
    HV_ASSERT(!grant_create(d));
    domains[id] = d;
    nr_domains = MAX(nr_domains, id + 1u);
    give_frames(d, n);
    build_tables(d, n);
    d->state = DOMAIN_RUNNING;
    for (unsigned i = 0; i < vcpus; i++) {
        struct vcpu *v = d->vcpu[i] = &vcpu_area[id][i];

        v->domain = d;
        v->id = i;
        v->regs = &frame_area[id][i];
        v->arch.pv.kernel_mode = true;
        v->arch.pv.root_kernel = d_mfn(d, 0);
        v->arch.pv.root_user = INVALID_MFN;
        take_root(d);
    }
    d->nr_vcpus = vcpus;
    fake_run(d->vcpu[0], 0);
    return d;
}

/* There are PV domains only. */
void svm_flush_domain(struct domain *d)
{
    abort();
}
