/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * pv_shim.ko: a hypervisor for a Linux that was booted without one. main.c finds it and the memory
 * for what is shared with it; events.c, grants.c and store.c are the hypercall library with Linux's
 * locks; bus.c has the devices of XenStore. Errors are Xen's numbers, which are Linux's.
 *
 * Nothing here includes Linux's own <xen/...>: the ABI is libxen-dev's, of the same names.
 */
#ifndef PVKIT_LINUX_SHIM_H
#define PVKIT_LINUX_SHIM_H

#include <linux/types.h>
#include <linux/version.h>

#include "port.h"

#include <pvkit/evtchn.h>
#include <pvkit/xenstore.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define COMPAT_MATCH_DRIVER const struct device_driver
#else
#define COMPAT_MATCH_DRIVER struct device_driver
#endif

/* ---- events.c */

/* Make guest frame `gfn`, which is mapped at `page`, the shared_info page. All ports are masked. */
int shim_events_start(void *page, xen_pfn_t gfn);
/* The page is not used any more. */
void shim_events_stop(void);
/* Handle what is pending, with interrupts off; whether the hypervisor had anything for us. */
bool shim_events_dispatch(void);
/* Handlers run in hard interrupt context, one at a time. */
int shim_port_attach(evtchn_port_t port, pvk_evtchn_handler *handler, void *data);
/* The handler is not running any more when this returns. */
void shim_port_detach(evtchn_port_t port);
void shim_port_mask(evtchn_port_t port);
void shim_port_unmask(evtchn_port_t port);

/* ---- grants.c: of the core's port, see port.h */

/* Put as many frames of the grant table as there are, `nr` at most, at `gfn` and `pages`. */
int shim_grants_start(void *pages, xen_pfn_t gfn, unsigned int nr);
/* Pages that a back-end has not let go of stay its for ever. */
void shim_grants_stop(void);
int shim_grant(domid_t domain, struct port_page *page, bool readonly, struct port_grant *out);
bool shim_grant_end(struct port_grant grant);
void shim_grant_end_free(struct port_grant grant, struct port_page *page);
/* References that are given out. */
unsigned int shim_grants_held(void);

/* ---- store.c: pvk_xs_*() for several threads. All sleep. */

int shim_store_start(void);
void shim_store_stop(void);
int shim_store_read(const char *dir, const char *key, char *value, size_t size);
int shim_store_write(u32 tx, const char *dir, const char *key, const char *value);
int shim_store_remove(u32 tx, const char *dir, const char *key);
/* Names below `dir`, each with its 0; their length or an error. */
int shim_store_list(const char *dir, char *names, size_t size);
int shim_store_begin(u32 *tx);
int shim_store_end(u32 tx, bool commit);
/* `fn` is called with a lock held that all of these want: it may only wake or schedule. */
int shim_store_watch(struct pvk_xs_watch *watch, const char *path,
                     void (*fn)(struct pvk_xs_watch *watch), void *data);
void shim_store_unwatch(struct pvk_xs_watch *watch);

/* ---- bus.c */

int shim_bus_start(void);
void shim_bus_stop(void);

#endif
