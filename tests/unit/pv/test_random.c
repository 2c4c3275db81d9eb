/* SPDX-License-Identifier: MIT */
/*
 * Whatever a guest does, in whatever order: after each step the counts of all frames agree with
 * what refers to them, and no CPU remembers a translation that lets a guest write where it must
 * not. The guest here is two domains of a few pages, so that everything soon meets everything.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pvunit.h"

#define NR_PAGES 48
#define STEPS    4000

static uint64_t first_seed, seed;

static bool between(void);

static uint64_t rnd(uint64_t n)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (seed >> 33) % n;
}

static struct domain *self(void)
{
    return fake_current->domain;
}

/* Mostly one of the first pages of this domain, where the tables are. */
static mfn_t any_mfn(void)
{
    switch (rnd(16)) {
    case 0:
        return MFN(rnd(FAKE_FRAMES + 8));
    case 1:
        return d_mfn(domains[1 + rnd(2)], (unsigned)rnd(NR_PAGES));
    case 2:
        return self()->arch.perdomain_l3;
    default:
        return d_mfn(self(), (unsigned)rnd(rnd(2) ? 12 : NR_PAGES));
    }
}

static uint64_t any_entry(void)
{
    uint64_t e = any_mfn().v << PAGE_SHIFT;

    if (rnd(8))
        e |= PTE_P;
    if (rnd(2))
        e |= PTE_RW;
    if (rnd(4))
        e |= PTE_US;
    if (!rnd(4))
        e |= PTE_A | PTE_D;
    if (!rnd(8))
        e |= PTE_KERNEL;
    if (!rnd(24))
        e |= 1ull << rnd(64);
    return rnd(12) ? e : 0;
}

static unsigned any_slot(void)
{
    return (unsigned)(rnd(8) ? rnd(NR_PAGES + 4) : rnd(512));
}

static struct mmu_update any_update(void)
{
    struct mmu_update u = {.val = any_entry()};
    static const unsigned cmds[] = {0, 0, 0, 0, 2, 3, 1, 5};

    u.ptr = (any_mfn().v << PAGE_SHIFT) + 8 * any_slot() + cmds[rnd(8)];
    return u;
}

static void do_updates(void)
{
    struct mmu_update u[6];
    unsigned n = 1 + (unsigned)rnd(6), done = 0;
    long rc;

    for (unsigned i = 0; i < n; i++)
        u[i] = any_update();
    rc = g_mmu_update(u, n, &done, DOMID_SELF);
    if (rc <= 0)
        assert_true(rc ? done < n : done == n);
}

static void do_update_va(void)
{
    static const uint64_t flags[] = {UVMF_NONE, UVMF_NONE, UVMF_INVLPG | UVMF_LOCAL,
                                     UVMF_INVLPG | UVMF_ALL, UVMF_TLB_FLUSH | UVMF_ALL};
    uint64_t va = rnd(NR_PAGES) << PAGE_SHIFT;

    if (!rnd(8))
        va = rnd(1ull << 28) << 20;
    g_update_va(va, any_entry(), flags[rnd(5)]);
}

static void do_ext(void)
{
    static const unsigned cmds[] = {
        MMUEXT_PIN_L1_TABLE,  MMUEXT_PIN_L1_TABLE,    MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
        MMUEXT_PIN_L4_TABLE,  MMUEXT_PIN_L4_TABLE,    MMUEXT_UNPIN_TABLE,  MMUEXT_UNPIN_TABLE,
        MMUEXT_UNPIN_TABLE,   MMUEXT_UNPIN_TABLE,     MMUEXT_NEW_BASEPTR,  MMUEXT_NEW_USER_BASEPTR,
        MMUEXT_TLB_FLUSH_ALL, MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_CLEAR_PAGE,   MMUEXT_COPY_PAGE,
        MMUEXT_SET_LDT,
    };
    struct mmuext_op op[4];
    unsigned n = 1 + (unsigned)rnd(4);

    for (unsigned i = 0; i < n; i++) {
        op[i].cmd = cmds[rnd(ARRAY_SIZE(cmds))];
        op[i].arg1.mfn = any_mfn().v;
        op[i].arg2.src_mfn = any_mfn().v;
    }
    g_mmuext(op, n, NULL, DOMID_SELF);
}

/* A frame as a GDT page, as set_gdt takes it. */
static void do_descriptor(void)
{
    struct pv_vcpu *pv = &fake_current->arch.pv;
    unsigned i = (unsigned)rnd(4);
    mfn_t m = any_mfn();

    spin_lock(&self()->lock);
    if (pv->gdt_frame[i]) {
        frame_put_and_type(pv->gdt_frame[i]);
        pv->gdt_frame[i] = NULL;
    } else if (mfn_valid(m) && !frame_get_and_type(frame_of(m), self(), FT_DESC)) {
        pv->gdt_frame[i] = frame_of(m);
    }
    spin_unlock(&self()->lock);
}

static unsigned present_slot(const uint64_t *table)
{
    unsigned n = 0, slot = 0;

    for (unsigned i = 0; i < PT_ENTRIES; i++)
        if ((table[i] & PTE_P) && (table[i] & PTE_US) && !rnd(++n))
            slot = i;
    return slot;
}

/* Something the present root maps, linear mappings included. */
static uint64_t mapped_va(void)
{
    const struct pv_vcpu *pv = &fake_current->arch.pv;
    uint64_t e = pv->root_kernel.v << PAGE_SHIFT, va = 0;

    for (unsigned level = 4; level > 0; level--) {
        const uint64_t *table = mfn_to_virt(pte_mfn(e));
        unsigned slot = present_slot(table);

        va |= (uint64_t)slot << (PAGE_SHIFT + 9 * (level - 1));
        e = table[slot];
        if (!(e & PTE_P))
            break;
    }
    return va;
}

/* The guest's own stores, through whatever this CPU's TLB has. */
static void do_store(void)
{
    uint64_t va = (rnd(3) ? rnd(NR_PAGES) << PAGE_SHIFT : mapped_va()) + 8 * any_slot();
    uint64_t *p;

    p = fake_access(va, rnd(2));
    p = p ? fake_access(va, true) : NULL;
    if (p)
        *p = any_entry();
}

static void reserve(unsigned cmd, const xen_pfn_t *pfns, unsigned n)
{
    struct xen_memory_reservation *r = (struct xen_memory_reservation *)fake_arg;
    xen_pfn_t *list = (xen_pfn_t *)(fake_arg + 4096);

    memset(r, 0, sizeof(*r));
    r->nr_extents = n;
    r->domid = DOMID_SELF;
    set_xen_guest_handle(r->extent_start, list);
    memcpy(list, pfns, n * sizeof(*list));
    g_memory_op(cmd, fake_arg);
}

static void release_page(xen_pfn_t mfn)
{
    reserve(XENMEM_decrease_reservation, &mfn, 1);
}

/* What a kernel does to get a new page table, or to give a page away, with or without the flushes.
 */
static void do_retype(void)
{
    unsigned i = (unsigned)rnd(NR_PAGES);
    uint64_t va = (uint64_t)i << PAGE_SHIFT, e = d_mfn(self(), i).v << PAGE_SHIFT | PTE_P;
    static const unsigned pins[] = {MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
                                    MMUEXT_PIN_L4_TABLE};

    g_update_va(va, e | (rnd(3) ? PTE_RW : 0), UVMF_NONE);
    (void)fake_access(va, false);
    if (fake_access(va, true) && rnd(2))
        memset(fake_access(va, true), 0, PAGE_SIZE);
    g_update_va(va, rnd(2) ? e : 0, rnd(4) ? UVMF_NONE : UVMF_INVLPG | UVMF_LOCAL);
    if (rnd(3))
        g_ext(pins[rnd(4)], d_mfn(self(), i).v);
    else
        release_page(d_mfn(self(), i).v);
}

static void do_switch(void)
{
    struct vcpu *v = domains[1 + rnd(2)]->vcpu[rnd(2)];
    uint32_t cpu = (uint32_t)rnd(FAKE_CPUS);

    if (fake_between != between) /* the interrupted call goes on here */
        return;
    if (v->running) {
        if (v->cpu != cpu) /* go on where it runs, without a switch */
            fake_resume(v);
        return;
    }
    fake_run(v, cpu);
}

static void do_memory(void)
{
    static const unsigned cmds[] = {XENMEM_decrease_reservation, XENMEM_increase_reservation,
                                    XENMEM_populate_physmap, XENMEM_populate_physmap};
    unsigned cmd = cmds[rnd(4)];
    xen_pfn_t list[3];

    for (unsigned i = 0; i < 3; i++)
        list[i] = cmd == XENMEM_decrease_reservation ? any_mfn().v : rnd(100);
    reserve(cmd, list, 1 + (unsigned)rnd(3));
}

static void do_exchange(void)
{
    struct xen_memory_exchange *x = (struct xen_memory_exchange *)fake_arg;
    xen_pfn_t *in = (xen_pfn_t *)(fake_arg + 4096), *out = in + 512;

    memset(x, 0, sizeof(*x));
    x->in.nr_extents = x->out.nr_extents = 2;
    x->in.domid = x->out.domid = DOMID_SELF;
    set_xen_guest_handle(x->in.extent_start, in);
    set_xen_guest_handle(x->out.extent_start, out);
    for (unsigned i = 0; i < 2; i++) {
        in[i] = any_mfn().v;
        out[i] = rnd(100);
    }
    g_memory_op(XENMEM_exchange, fake_arg);
}

static void step(void)
{
    switch (rnd(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        do_updates();
        break;
    case 5:
    case 6:
    case 7:
        do_update_va();
        break;
    case 8:
    case 9:
    case 10:
        do_ext();
        break;
    case 11:
        do_descriptor();
        break;
    case 12:
    case 13:
    case 14:
        do_store();
        break;
    case 15:
        do_retype();
        break;
    case 16:
        do_memory();
        break;
    case 17:
        do_exchange();
        break;
    default:
        do_switch();
        break;
    }
}

static void check(unsigned n)
{
    uint64_t bad = fake_tlb_violations();

    for (unsigned id = 1; id <= 2; id++)
        bad += domain_audit(domains[id]);
    if (bad)
        fail_msg("PV_SEED=%lu: %lu violations after step %u", (unsigned long)first_seed,
                 (unsigned long)bad, n);
}

static void release(struct domain *d)
{
    for (unsigned i = 0; i < d->nr_vcpus; i++)
        fake_leave(d->vcpu[i]);
    while (!domain_release_memory(d))
        ;
}

/* While a call is interrupted the guest's handlers run, or it is not continued at all. */
static bool between(void)
{
    struct vcpu *v = fake_current;
    uint64_t args[4];

    memcpy(args, fake_args, sizeof(args));
    fake_between = NULL;
    do {
        step();
    } while (rnd(2));
    fake_resume(v);
    fake_between = between;
    memcpy(fake_args, args, sizeof(args));
    return rnd(4);
}

static void run(uint64_t start, unsigned preempt_every)
{
    uint64_t free;

    fake_reset();
    first_seed = seed = start;
    free = palloc_free_frames();
    fake_domain(2, NR_PAGES, 2);
    fake_domain(1, NR_PAGES, 2);
    fake_preempt_every = preempt_every;
    fake_between = between;
    for (unsigned n = 0; n < STEPS; n++) {
        step();
        check(n);
    }
    fake_preempt_every = 0;
    release(domains[1]);
    release(domains[2]);
    assert_int_equal(palloc_free_frames(), free - 4); /* each has a slot 260 and a grant table */
}

/* PV_SEED=N: start there. */
static void run_seeds(unsigned preempt_every)
{
    const char *env = getenv("PV_SEED");
    uint64_t first = env ? strtoull(env, NULL, 0) : 0;

    for (uint64_t i = 0; i < 8; i++)
        run(first + i, preempt_every);
}

static void test_random_operations(void **state)
{
    run_seeds(0);
}

static void test_random_operations_interrupted(void **state)
{
    run_seeds(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_random_operations_interrupted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
