/* SPDX-License-Identifier: MIT */
/* The machine's part of domains and vcpus: stacks, register frames, descriptor areas. */
#include "hv.h"
#include "gdt.h"
#include "paging.h"
#include "pv.h"
#include "svm.h"

#define STACK_BYTES     16384
#define TABLE_FLAGS     (PTE_P | PTE_RW | PTE_A | PTE_D)
#define DESC_PAGE_FLAGS (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)
#define AREAS_PER_L1    16
#define NR_L1           DIV_UP(HV_MAX_VCPUS, AREAS_PER_L1)

mfn_t desc_empty_page;

static uint64_t entry_to(const void *table, uint64_t flags)
{
    return virt_to_mfn(table).v << PAGE_SHIFT | flags;
}

/* Slot 260 of the domain's address spaces: L3 and L2 with one entry each, and the L1s below. */
int arch_domain_create(struct domain *d)
{
    struct arch_domain *a = &d->arch;
    uint64_t *l3, *l2;

    pv_cpuid_init();
    if (d->kind != DOMAIN_PV)
        return 0;
    if (!desc_empty_page.v)
        desc_empty_page = palloc(0);
    l3 = hv_alloc(PAGE_SIZE);
    l2 = hv_alloc(PAGE_SIZE);
    a->perdomain_l1 = hv_alloc(PAGE_SIZE);
    if (!l3 || !l2 || !a->perdomain_l1 || mfn_eq(desc_empty_page, INVALID_MFN))
        return -XEN_ENOMEM;
    l3[0] = entry_to(l2, TABLE_FLAGS);
    for (unsigned i = 0; i < NR_L1; i++) {
        a->perdomain_l1[i] = hv_alloc(PAGE_SIZE);
        if (!a->perdomain_l1[i])
            return -XEN_ENOMEM;
        l2[i] = entry_to(a->perdomain_l1[i], TABLE_FLAGS);
    }
    a->perdomain_l3 = virt_to_mfn(l3);
    return 0;
}

static int create_descriptors(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;
    uint64_t *pte = pv_desc_ptes(v);

    pv->desc = hv_alloc(PAGE_SIZE);
    if (!pv->desc)
        return -XEN_ENOMEM;
    desc_page_init(pv->desc);
    for (unsigned i = 0; i < PV_MAX_GDT_PAGES; i++)
        pte[i] = desc_empty_page.v << PAGE_SHIFT | (DESC_PAGE_FLAGS & ~PTE_RW);
    pte[FIRST_RESERVED_GDT_PAGE] = entry_to(pv->desc, DESC_PAGE_FLAGS);
    return 0;
}

int arch_vcpu_create(struct vcpu *v)
{
    v->stack = hv_alloc(STACK_BYTES);
    v->arch.fpu = hv_alloc(PAGE_SIZE);
    if (!v->stack || !v->arch.fpu)
        return -XEN_ENOMEM;
    v->regs = (struct cpu_user_regs *)((char *)v->stack + STACK_BYTES) - 1;
    v->regs->entry_vector = VEC_HYPERCALL;
    pv_fpu_init(v->arch.fpu);
    return v->domain->kind == DOMAIN_PV ? create_descriptors(v) : 0;
}

static void free_tables(struct arch_domain *a)
{
    uint64_t *l3 = mfn_to_virt(a->perdomain_l3);

    for (unsigned i = 0; i < NR_L1; i++)
        hv_free(a->perdomain_l1[i], PAGE_SIZE);
    hv_free(a->perdomain_l1, PAGE_SIZE);
    hv_free(mfn_to_virt(MFN((l3[0] & PTE_ADDR) >> PAGE_SHIFT)), PAGE_SIZE);
    hv_free(l3, PAGE_SIZE);
}

void arch_domain_free(struct domain *d)
{
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        struct vcpu *v = d->vcpu[i];

        hv_free(v->stack, STACK_BYTES);
        hv_free(v->arch.fpu, PAGE_SIZE);
        if (d->kind == DOMAIN_PV)
            hv_free(v->arch.pv.desc, PAGE_SIZE);
    }
    if (d->kind == DOMAIN_PV)
        free_tables(&d->arch);
    else
        svm_domain_free(d);
}

void arch_vcpu_info_moved(struct vcpu *v)
{
    if (v == current_vcpu())
        this_percpu()->upcall = v->info;
}

void arch_vcpu_set_result(struct vcpu *v, uint64_t result)
{
    v->regs->rax = result;
    if (v->domain->kind != DOMAIN_PV)
        svm_set_result(v, result);
}

static void put_root(mfn_t *root)
{
    if (pv_has_root(*root))
        frame_put_and_type(frame_of(*root));
    *root = MFN(0);
}

void arch_vcpu_release(struct vcpu *v)
{
    pv_ldt_invalidate(v);
    pv_drop_gdt(v);
    put_root(&v->arch.pv.root_user);
    put_root(&v->arch.pv.root_kernel);
}

void arch_domain_release(struct domain *d)
{
    if (d->kind != DOMAIN_PV) {
        svm_domain_release(d);
        return;
    }
    spin_lock(&d->lock);
    for (uint32_t i = 0; i < d->nr_vcpus; i++)
        arch_vcpu_release(d->vcpu[i]);
    spin_unlock(&d->lock);
}

mfn_t arch_gfn_to_mfn(struct domain *d, gfn_t gfn)
{
    return d->kind == DOMAIN_PV ? MFN(gfn.v) : svm_gfn_to_mfn(d, gfn);
}

bool arch_physmap_set(struct domain *d, gfn_t gfn, mfn_t m)
{
    return d->kind == DOMAIN_FV && svm_physmap_set(d, gfn, m);
}

mfn_t arch_physmap_clear(struct domain *d, gfn_t gfn)
{
    return d->kind == DOMAIN_FV ? svm_physmap_clear(d, gfn) : INVALID_MFN;
}

unsigned int arch_memory_map(const struct domain *d, struct mem_range map[MEM_RANGES])
{
    if (d->kind == DOMAIN_FV)
        return svm_memory_map(d, map);
    map[0] = (struct mem_range){0, d->max_pages << PAGE_SHIFT, MEM_RAM};
    return 1;
}

void arch_upcall_set(struct domain *d, uint64_t via)
{
    if (d->kind == DOMAIN_FV)
        svm_upcall_set(d, via);
}

void arch_upcall_vector(struct vcpu *v, uint8_t vector)
{
    svm_upcall_vector(v, vector);
}

void arch_upcall_raised(struct vcpu *v)
{
    if (unlikely(v->domain->kind == DOMAIN_FV))
        svm_upcall_raised(v);
}
