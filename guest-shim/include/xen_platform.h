/* SPDX-License-Identifier: MIT */
/*
 * What PV drivers need of the hypervisor, the same in both images: the PV image always runs on
 * one, the native image finds out by CPUID whether it does (an HVM or PVH guest). Drivers above
 * this header do not know which of the two they are in.
 *
 * All of it may be called on the boot processor only. Errors are negative XEN_* numbers.
 */
#ifndef SHIM_XEN_PLATFORM_H
#define SHIM_XEN_PLATFORM_H

#include <stdbool.h>
#include <pvkit/evtchn.h>
#include <pvkit/grant.h>
#include <pvkit/xenstore.h>

/*
 * Set up events, the grant table and the store client. After pv_ops.irq.init(); again does nothing.
 * -XEN_ENODEV: no hypervisor with Xen's ABI, or (store and grants) one that does not serve these.
 */
int xen_platform_start(void);

/* ---- event channels */

/*
 * A new port that domain `remote` may bind to; or one bound to `remote`'s port `remote_port`. The
 * handler is called with interrupts off whenever an event came; the event is consumed before. The
 * port starts masked.
 */
int xen_port_alloc(domid_t remote, pvk_evtchn_handler *handler, void *data, evtchn_port_t *port);
int xen_port_bind(domid_t remote, evtchn_port_t remote_port, pvk_evtchn_handler *handler,
                  void *data, evtchn_port_t *port);

/* The handler is not called any more and the port is free. */
void xen_port_close(evtchn_port_t port);

/* Stop delivery; resume it: an event that came meanwhile is delivered then. */
void xen_port_mask(evtchn_port_t port);
void xen_port_unmask(evtchn_port_t port);

/* Raise the event at the other end: a hypercall. */
int xen_port_notify(evtchn_port_t port);

/* Sleep until an event is pending on the port, masked or not, or for `ns`. A port whose handler
 * gets the events is not pending for long: mask it, or use timer_doze(). */
void xen_port_wait(evtchn_port_t port, uint64_t ns);

/* ---- grants */

/* The table, ready for pvk_grant_access() and pvk_grant_end(). */
struct pvk_grants *xen_grants(void);

/* The number under which others are given this page of the direct map or the kernel's image: its
 * machine frame (PV) or guest frame (HVM). */
uint64_t xen_frame_of(const void *page);

/* ---- the store */

/* The client; calls block, see <pvkit/xenstore.h>. NULL before xen_platform_start(). */
struct pvk_xs *xen_store(void);

/* Sleep until the store has something for us, or for `ns` (0: do not sleep), then call the
 * functions of watches that fired. Whoever waits for a watch calls this over and over. */
void xen_store_serve(uint64_t ns);

#endif
