/* SPDX-License-Identifier: MIT */
/*
 * The Xen public ABI as pvkit uses it: the one place that fixes the interface version, so that
 * every object of one kernel sees the same structure layouts. Include this before (or instead of)
 * any <xen/...> header. Assembly sources may include it for the numeric constants.
 */
#ifndef PVKIT_XEN_H
#define PVKIT_XEN_H

/* What compilers predefine for .S files is not what the <xen/...> headers test. */
#if defined(__ASSEMBLER__) && !defined(__ASSEMBLY__)
#define __ASSEMBLY__
#endif

#define PVK_XEN_INTERFACE_VERSION 0x00040e00

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ PVK_XEN_INTERFACE_VERSION
#elif __XEN_INTERFACE_VERSION__ != PVK_XEN_INTERFACE_VERSION
#error "a <xen/...> header was included with another interface version before <pvkit/xen.h>"
#endif

#ifndef __ASSEMBLY__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/errno.h>
#endif

#include <xen/xen.h>

#define PVK_PAGE_SHIFT 12
#define PVK_PAGE_SIZE  4096
#define PVK_PAGE_MASK  (~(PVK_PAGE_SIZE - 1L))

/*
 * Wrappers must vanish: a hypercall is argument loads and one call, in every build that optimizes
 * at all and in those that do not inline by themselves.
 */
#define PVK_INLINE static inline __attribute__((always_inline, unused))

#endif
