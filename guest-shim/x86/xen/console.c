/* SPDX-License-Identifier: MIT */
/*
 * PV console group. The hypervisor's own console is tried first; where it refuses an ordinary
 * domain, text goes through the ring shared with the console back-end (<xen/io/console.h>).
 */
#include "xen_drivers.h"
#include "xen_shim.h"

static bool by_ring; /* the hypervisor's console is not for us */

static void notify(void *data)
{
    hypercall_evtchn_send(xen_boot.console_port);
}

void xen_console_init(void)
{
    pfn_t pfn;

    if (hypercall_console_write("", 0) != -XEN_EPERM || xen_boot.initial_domain)
        return;
    pfn = pfn_make(pvk_mfn_to_pfn(&xen_p2m, xen_boot.console_mfn).n);
    by_ring = pfn_valid(pfn);
    if (by_ring)
        xen_con_start(pfn_to_virt(pfn), notify);
}

/* The hypervisor's console adds carriage returns of its own. */
void xen_console_write(const char *text, size_t len)
{
    if (by_ring)
        xen_con_write(text, len);
    else
        hypercall_console_write(text, len);
}

size_t xen_console_read(char *text, size_t len)
{
    int n;

    if (by_ring)
        return xen_con_read(text, len);
    n = hypercall_console_read(text, len);
    return n > 0 ? n : 0;
}
