/* SPDX-License-Identifier: MIT */
/* Hypercalls by themselves, and what only a PV guest has. */
#include "bench_event.h"
#include "variant.h"
#include "xen_shim.h"
#include <pvkit/discover.h>

#define CALLS 32

static struct multicall_entry calls[CALLS];

static void run_null(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        hypercall_version();
}

static bool calls_up(void)
{
    for (unsigned i = 0; i < CALLS; i++)
        calls[i] =
            (struct multicall_entry){.op = __HYPERVISOR_xen_version, .args = {XENVER_version, 0}};
    return true;
}

static void run_multicall(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        hypercall_multicall(calls, CALLS);
}

static void run_cpuid_forced(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t leaf = 0, sub = 0;

        asm volatile(XEN_EMULATE_PREFIX "cpuid" : "+a"(leaf), "+c"(sub)::"rbx", "rdx", "memory");
    }
}

/* Updates toggle the dirty bit: the cheapest change that still has to be validated. */
static pfn_t page;
static void *page_va;
static uint64_t values[2];

static bool page_up(void)
{
    page = page_alloc_zeroed();
    page_va = vmap_page(page, PROT_KERNEL_RW);
    values[0] = xen_make_pte(page, PROT_KERNEL_RW & ~PTE_DIRTY).bits;
    values[1] = xen_make_pte(page, PROT_KERNEL_RW).bits;
    return true;
}

static void page_down(void)
{
    vunmap_page(page_va);
    page_put(page);
}

static void run_update_va(unsigned n)
{
    uint64_t va = (uint64_t)page_va, toggle = values[0] ^ values[1], value = values[0];

    for (unsigned i = 0; i < n; i++, value ^= toggle)
        hypercall_update_va_mapping(va, value, UVMF_NONE);
}

static void run_update_va_invlpg(unsigned n)
{
    uint64_t va = (uint64_t)page_va, toggle = values[0] ^ values[1], value = values[0];

    for (unsigned i = 0; i < n; i++, value ^= toggle)
        hypercall_update_va_mapping(va, value, UVMF_INVLPG | UVMF_LOCAL);
}

/* No process runs meanwhile, so any stack will do. */
static void run_stack_switch(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        hypercall_stack_switch(FLAT_KERNEL_SS, DIRECT_BASE);
}

static const struct bench_op ops[] = {
    {"stack_switch", NULL, run_stack_switch, NULL, NULL, 1000, 0, 0},
    {"null_hypercall", NULL, run_null, NULL, NULL, 1000, 0, 0},
    {"multicall_32", calls_up, run_multicall, NULL, NULL, 100, 0, 0},
    {"multicall_entry", calls_up, run_multicall, NULL, NULL, 100, CALLS, 0},
    {"cpuid_forced", NULL, run_cpuid_forced, NULL, NULL, 1000, 0, 0},
    {"update_va_mapping", page_up, run_update_va, NULL, page_down, 1000, 0, 0},
    {"update_va_mapping_invlpg", page_up, run_update_va_invlpg, NULL, page_down, 1000, 0, 0},
    {.name = NULL},
};

const struct bench_op *const variant_bench_ops[] = {
    ops,
    bench_event_ops,
    NULL,
};
