/* SPDX-License-Identifier: MIT */
/*
 * Native: what drivers need of the hypervisor (xen_platform_arch.h), if there is one. Its pages
 * (shared info, grant table) are put in the place of pages of this image, which are mapped already;
 * the rings of the store lie where the hypervisor says, above the memory. Events come as an
 * interrupt vector of their own, past the interrupt controller.
 */
#include "native.h"
#include "xen_platform_arch.h"

#include <pvkit/clock.h>
#include <pvkit/discover.h>
#include <xen/hvm/params.h>

#define EVENT_BUDGET 64
#define NR_PORTS     256
#define VIA_VECTOR   (2UL << 56)

static char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));
static char grant_pages[XEN_GRANT_FRAMES][PAGE_SIZE] __attribute__((aligned(4096)));

struct pvk_evtchn xen_events;
static struct pvk_evtchn_port ports[NR_PORTS];
static struct pvk_evtchn_vcpu vcpus[1];

void native_xen_event(struct regs *regs)
{
    pvk_evtchn_dispatch(&xen_events, 0, EVENT_BUDGET);
    trap_leave(regs);
}

unsigned xen_arch_vcpu(void)
{
    return 0;
}

/* It runs since the hypervisor's boot, not ours. */
uint64_t xen_arch_now(void)
{
    const struct shared_info *shared = xen_events.shared;

    return pvk_clock_now(&shared->vcpu_info[0].time);
}

static int start_events(void)
{
    uint64_t vector = TRAP_XEN_EVENT;

    if (hypercall_add_to_physmap(XENMAPSPACE_shared_info, 0, virt_to_pfn(shared_page).n))
        return -XEN_ENODEV;
    pvk_evtchn_init(&xen_events, (struct shared_info *)shared_page, ports, NR_PORTS, vcpus, 1,
                    true);
    return hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, VIA_VECTOR | vector) ? -XEN_ENODEV : 0;
}

int xen_arch_start(void)
{
    struct pvk_xen xen;
    int rc = pvk_xen_find(PVK_CPUID_PLAIN, &xen);

    if (rc)
        return rc;
    pvk_hypercall_page_install(&xen, virt_to_pfn(hypercall_page).n << PAGE_SHIFT);
    return start_events();
}

struct grant_entry_v1 *xen_arch_grant_table(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (hypercall_add_to_physmap(XENMAPSPACE_grant_table, i, virt_to_pfn(grant_pages[i]).n))
            return NULL;
    return (struct grant_entry_v1 *)grant_pages;
}

struct xenstore_domain_interface *xen_arch_store_ring(evtchn_port_t *port)
{
    uint64_t pfn, number;

    if (hypercall_hvm_get_param(HVM_PARAM_STORE_PFN, &pfn) ||
        hypercall_hvm_get_param(HVM_PARAM_STORE_EVTCHN, &number) || !pfn || !number)
        return NULL;
    *port = (evtchn_port_t)number;
    return vmap_page(pfn_make(pfn), PROT_KERNEL_RW);
}

uint64_t xen_frame_of(const void *page)
{
    return virt_to_pfn(page).n;
}
