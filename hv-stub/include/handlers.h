/* SPDX-License-Identifier: MIT */
/*
 * The hypercalls, once: number, argument count, open to FV domains too, handler. The dispatch array
 * of the entry code, the descriptive table and the prototypes below all come from this list, so
 * they cannot disagree. Numbers missing here answer -ENOSYS.
 */
#ifndef HANDLERS_H
#define HANDLERS_H

#include "hv_types.h"

/* clang-format off */
#define HYPERCALL_LIST(X)                        \
    X(set_trap_table,              0, 1, false)  \
    X(mmu_update,                  1, 4, false)  \
    X(set_gdt,                     2, 2, false)  \
    X(stack_switch,                3, 2, false)  \
    X(set_callbacks,               4, 3, false)  \
    X(fpu_taskswitch,              5, 1, false)  \
    X(sched_op_compat,             6, 2, false)  \
    X(platform_op,                 7, 1, true)   \
    X(set_debugreg,                8, 2, false)  \
    X(get_debugreg,                9, 1, false)  \
    X(update_descriptor,          10, 2, false)  \
    X(memory_op,                  12, 2, true)   \
    X(multicall,                  13, 2, true)   \
    X(update_va_mapping,          14, 3, false)  \
    X(set_timer_op,               15, 1, true)   \
    X(event_channel_op_compat,    16, 1, false)  \
    X(xen_version,                17, 2, true)   \
    X(console_io,                 18, 3, true)   \
    X(physdev_op_compat,          19, 1, false)  \
    X(grant_table_op,             20, 3, true)   \
    X(vm_assist,                  21, 2, true)   \
    X(update_va_mapping_otherdomain, 22, 4, false) \
    X(iret,                       23, 0, false)  \
    X(vcpu_op,                    24, 3, true)   \
    X(set_segment_base,           25, 2, false)  \
    X(mmuext_op,                  26, 4, false)  \
    X(nmi_op,                     28, 2, false)  \
    X(sched_op,                   29, 2, true)   \
    X(callback_op,                30, 2, false)  \
    X(event_channel_op,           32, 2, true)   \
    X(physdev_op,                 33, 2, false)  \
    X(hvm_op,                     34, 2, true)   \
    X(sysctl,                     35, 1, true)   \
    X(domctl,                     36, 1, true)   \
    X(kexec_op,                   37, 0, false)  \
    X(xenpmu_op,                  40, 0, true)   \
    X(hypfs_op,                   42, 0, true)   \
    X(mca,                        48, 0, false)
/* clang-format on */

/* Every handler is declared with its number of uint64_t arguments and returns the guest's rax. */
#define HC_ARGS_0 void
#define HC_ARGS_1 uint64_t
#define HC_ARGS_2 uint64_t, uint64_t
#define HC_ARGS_3 uint64_t, uint64_t, uint64_t
#define HC_ARGS_4 uint64_t, uint64_t, uint64_t, uint64_t

#define HC_PROTOTYPE(name, nr, nargs, fv) long hc_##name(HC_ARGS_##nargs);
HYPERCALL_LIST(HC_PROTOTYPE)
#undef HC_PROTOTYPE

/* A hypercall number that is not in the list. */
long hc_enosys(void);

#endif
