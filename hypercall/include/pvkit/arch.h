/* SPDX-License-Identifier: MIT */
/*
 * The seam between the portable library and the processor. Everything above this header is plain
 * C; a host unit test puts its own <pvkit/arch.h> first in the include path and drives the same
 * code without a hypervisor.
 *
 * An implementation provides:
 *   pvk_raw0(nr) ... pvk_raw5(nr, a1..a5)      hypercall with a constant number, value: long
 *   pvk_arch_hypercall(nr, a1..a5)             the same, number known only at run time
 *   pvk_arch_iret(frame)                       HYPERVISOR_iret, does not return
 *   pvk_arch_mb(), rmb(), wmb()                barriers against other processors
 *   pvk_arch_barrier()                         barrier against the compiler only
 *   pvk_arch_xchg(), set_bit(), ...            atomic operations, all full barriers
 *   pvk_arch_relax()                           hint in a busy wait
 *   pvk_arch_tsc()                             ordered read of the time stamp counter
 */
#ifndef PVKIT_ARCH_H
#define PVKIT_ARCH_H

#if defined(__x86_64__)
#include <pvkit/x86/raw.h>
#include <pvkit/x86/atomic.h>
#else
#error "pvkit's hypercall library has no port for this processor"
#endif

#endif
