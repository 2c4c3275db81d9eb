/* SPDX-License-Identifier: MIT */
/* PV: what drivers need of the hypervisor (xen_platform_arch.h). */
#include "xen_platform_arch.h"
#include "xen_shim.h"

/* Pages of the image that are remapped to the frames of the grant table. */
static char grant_pages[XEN_GRANT_FRAMES][PAGE_SIZE] __attribute__((aligned(4096)));

int xen_arch_start(void)
{
    return 0; /* it was at the start of day */
}

struct grant_entry_v1 *xen_arch_grant_table(uint32_t n)
{
    xen_pfn_t frames[XEN_GRANT_FRAMES];

    if (hypercall_gnttab_setup_table(n, frames))
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        if (hypercall_update_va_mapping((uint64_t)grant_pages[i],
                                        (frames[i] << PAGE_SHIFT) | PROT_KERNEL_RW, UVMF_INVLPG))
            return NULL;
    return (struct grant_entry_v1 *)grant_pages;
}

struct xenstore_domain_interface *xen_arch_store_ring(evtchn_port_t *port)
{
    pfn_t pfn = pfn_make(pvk_mfn_to_pfn(&xen_p2m, xen_boot.store_mfn).n);

    *port = xen_boot.store_port;
    return pvk_mfn_valid(xen_boot.store_mfn) && pfn_valid(pfn) ? pfn_to_virt(pfn) : NULL;
}

unsigned xen_arch_vcpu(void)
{
    return this_cpu_id();
}

uint64_t xen_arch_now(void)
{
    return pv_ops.time.now();
}

uint64_t xen_frame_of(const void *page)
{
    return pfn_to_mfn(virt_to_pfn(page)).n;
}
