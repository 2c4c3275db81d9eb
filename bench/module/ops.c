// SPDX-License-Identifier: MIT OR GPL-2.0
/* What is measured: a hypercall, what traps, page tables by pv_ops, events, grants. */
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/vmalloc.h>
#include <asm/io.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/version.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "ops.h"

static bool on_xen(void)
{
    return xen_domain();
}

static bool not_pv(void)
{
    return !xen_pv_domain();
}

/* ---- hypercalls, and instructions that trap in one kind of guest or another ---- */

static void run_null(unsigned int n)
{
    while (n--)
        HYPERVISOR_xen_version(XENVER_version, NULL);
}

static void run_yield(unsigned int n)
{
    while (n--)
        HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

static void run_cpuid(unsigned int n)
{
    while (n--)
        cpuid_eax(0);
}

static void run_msr(unsigned int n)
{
    u64 value;

    while (n--)
        rdmsrl_safe(MSR_EFER, &value);
}

static void run_cr0(unsigned int n)
{
    while (n--)
        native_read_cr0();
}

static void run_in(unsigned int n)
{
    while (n--)
        inb(0x61);
}

/* ---- a page table entry of the kernel's, by pv_ops ---- */

static void *area;
static pte_t *entry, saved;

static int prepare_pte(void)
{
    unsigned int level;

    area = vmalloc(PAGE_SIZE);
    if (!area)
        return -ENOMEM;
    entry = lookup_address((unsigned long)area, &level);
    if (!entry || level != PG_LEVEL_4K) {
        vfree(area);
        return -ENOENT;
    }
    saved = *entry;
    return 0;
}

/* Nobody uses the address meanwhile; vfree() flushes it. */
static void run_pte(unsigned int n)
{
    while (n--)
        set_pte(entry, n & 1 ? pte_mkold(saved) : saved);
}

static void undo_pte(void)
{
    vfree(area);
}

/* ---- an event to oneself, until its handler has run ---- */

static evtchn_port_t from, to;
static int irq;
static unsigned int seen;

static irqreturn_t on_event(int nr, void *data)
{
    WRITE_ONCE(seen, seen + 1);
    return IRQ_HANDLED;
}

static int prepare_event(void)
{
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};
    struct evtchn_close close;
    int rc = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);

    if (rc)
        return rc;
    bind.remote_port = close.port = to = alloc.port;
    rc = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &bind);
    if (rc)
        goto close;
    from = bind.local_port;
    irq = bind_evtchn_to_irqhandler(to, on_event, 0, "pv_bench", &seen);
    if (irq >= 0)
        return 0;
    rc = irq;
    HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
    close.port = from;
close:
    HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
    return rc;
}

static void run_event(unsigned int n)
{
    while (n--) {
        unsigned int before = READ_ONCE(seen);

        notify_remote_via_evtchn(from);
        while (READ_ONCE(seen) == before)
            cpu_relax();
    }
}

static void undo_event(void)
{
    struct evtchn_close close = {.port = from};

    unbind_from_irqhandler(irq, &seen);
    HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
}

/* ---- a page granted to domain 0 and taken back ---- */

static struct page *page;

static int prepare_grant(void)
{
    page = alloc_page(GFP_KERNEL | __GFP_ZERO);
    return page ? 0 : -ENOMEM;
}

static void run_grant(unsigned int n)
{
    while (n--) {
        int ref = gnttab_grant_foreign_access(0, xen_page_to_gfn(page), 1);

        if (ref < 0)
            return;
        gnttab_end_foreign_access_ref(ref);
        gnttab_free_grant_reference(ref);
    }
}

static void undo_grant(void)
{
    __free_page(page);
}

const struct bench_op bench_ops[] = {
    {"null_hypercall", "xen_version", on_xen, NULL, run_null, NULL},
    {"yield", "sched_op, nobody else to run", on_xen, NULL, run_yield, NULL},
    {"cpuid", "traps in a container", NULL, NULL, run_cpuid, NULL},
    {"msr_read", "EFER; traps in PV", NULL, NULL, run_msr, NULL},
    {"cr0_read", "traps in PV", NULL, NULL, run_cr0, NULL},
    {"in", "a port of the chip set; traps in a container", not_pv, NULL, run_in, NULL},
    {"set_pte", "a kernel's page, by pv_ops", NULL, prepare_pte, run_pte, undo_pte},
    {"event_self", "until the handler has run", on_xen, prepare_event, run_event, undo_event},
    {"grant_pair", "a page granted, and taken back", on_xen, prepare_grant, run_grant, undo_grant},
};
const unsigned int bench_nr_ops = ARRAY_SIZE(bench_ops);
