/* SPDX-License-Identifier: MIT */
/*
 * Typed hypercalls: one inline function per operation, compiled to argument loads and one call.
 *
 * Conventions
 *   Results    int or long as the ABI has it: 0 or a count on success, a negative XEN_Exxx on
 *              failure (<xen/errno.h>). Values come back through pointers, which are written only
 *              on success unless said otherwise. XEN_ENOSYS: the hypervisor lacks the operation.
 *              XEN_EFAULT: a pointer was not readable or writable guest memory.
 *   Pointers   linear addresses in the caller's current address space. The hypervisor keeps none
 *              of them unless the function says so; the memory stays the caller's.
 *   Frames     machine frame numbers in a PV guest, guest frame numbers in an HVM guest.
 *   Time       nanoseconds of system time (since the hypervisor booted) unless said otherwise.
 *   Domains    DOMID_SELF means the caller.
 * Each group names the public header that defines its operations.
 */
#ifndef PVKIT_HYPERCALL_H
#define PVKIT_HYPERCALL_H

#include <pvkit/hypercall/cpu.h>
#include <pvkit/hypercall/device.h>
#include <pvkit/hypercall/event.h>
#include <pvkit/hypercall/grant.h>
#include <pvkit/hypercall/memory.h>
#include <pvkit/hypercall/mmu.h>
#include <pvkit/hypercall/mmuext.h>
#include <pvkit/hypercall/multicall.h>
#include <pvkit/hypercall/sched.h>
#include <pvkit/hypercall/vcpu.h>
#include <pvkit/hypercall/version.h>

#endif
