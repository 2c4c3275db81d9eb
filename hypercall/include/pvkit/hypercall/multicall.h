/* SPDX-License-Identifier: MIT */
/* Several hypercalls in one entry: multicall, <xen/xen.h>. */
#ifndef PVKIT_HYPERCALL_MULTICALL_H
#define PVKIT_HYPERCALL_MULTICALL_H

#include <pvkit/xen.h>
#include <pvkit/arch.h>

/*
 * Run `count` calls in order. Each entry's op and args are IN, its result OUT; a call that fails
 * does not stop the others. Returns 0, or a negative error if the list itself is bad. Multicalls
 * do not nest. <pvkit/batch.h> builds lists.
 */
PVK_INLINE int hypercall_multicall(struct multicall_entry *calls, unsigned int count)
{
    return (int)pvk_raw2(__HYPERVISOR_multicall, calls, count);
}

#endif
