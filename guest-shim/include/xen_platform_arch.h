/* SPDX-License-Identifier: MIT */
/* What differs between PV and HVM guests below xen_platform.h; called once each, but for the time.
 */
#ifndef SHIM_XEN_PLATFORM_ARCH_H
#define SHIM_XEN_PLATFORM_ARCH_H

#include "xen_platform.h"

#include <pvkit/hypercall.h>

#define XEN_GRANT_FRAMES 32
#define XEN_GRANTS       (XEN_GRANT_FRAMES * PVK_GRANTS_PER_FRAME)

struct xenstore_domain_interface;

extern struct pvk_evtchn xen_events;

/* Have the hypercall page and xen_events ready: 0, or -XEN_ENODEV if there is no hypervisor. */
int xen_arch_start(void);

/* The first n frames of the grant table, mapped one behind the other for good; NULL if that fails.
 */
struct grant_entry_v1 *xen_arch_grant_table(uint32_t n);

/* The page shared with the store, mapped for good, and its port; NULL if there is none. */
struct xenstore_domain_interface *xen_arch_store_ring(evtchn_port_t *port);

/* The vcpu that runs this, and the hypervisor's time in ns. */
unsigned xen_arch_vcpu(void);
uint64_t xen_arch_now(void);

#endif
