/* SPDX-License-Identifier: MIT */
/* The ABI as the front-ends see it: the one place in core/ that includes <xen/...>. */
#ifndef PVKIT_CORE_ABI_H
#define PVKIT_CORE_ABI_H

#include "port.h"

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ 0x00040e00
#endif

/* What <xen/io/ring.h> wants to be given; the compiler's own, so that no system header is needed.
 */
#define xen_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#ifndef memset
#define memset __builtin_memset
#endif

#include <xen/errno.h>
#include <xen/io/blkif.h>
#include <xen/io/console.h>
#include <xen/io/netif.h>
#include <xen/io/protocols.h>

/* One read or write of a word that the other end writes and reads at any time. */
#define shared_load(p)     __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define shared_store(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif
