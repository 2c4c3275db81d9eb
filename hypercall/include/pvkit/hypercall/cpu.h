/* SPDX-License-Identifier: MIT */
/*
 * Privileged processor state of a PV vcpu: <xen/arch-x86/xen.h>, <xen/arch-x86/xen-x86_64.h>,
 * <xen/callback.h>, and vm_assist from <xen/xen.h>. An HVM guest uses the instructions instead.
 */
#ifndef PVKIT_HYPERCALL_CPU_H
#define PVKIT_HYPERCALL_CPU_H

#include <pvkit/xen.h>
#include <pvkit/arch.h>
#include <xen/callback.h>

/*
 * Install exception handlers of the calling vcpu (the IDT's role). `table` ends with an entry
 * whose address is 0; vectors it does not name keep their handler. NULL removes all handlers.
 * -XEN_EPERM: a code selector or address that the guest may not use.
 */
PVK_INLINE int hypercall_set_trap_table(const struct trap_info *table)
{
    return (int)pvk_raw1(__HYPERVISOR_set_trap_table, table);
}

/*
 * Load the GDT of the calling vcpu: `entries` descriptors of 8 bytes, at most
 * FIRST_RESERVED_GDT_ENTRY, in the machine frames listed (512 per frame). The frames must not be
 * mapped writable and become descriptor pages until replaced; hypercall_update_descriptor()
 * changes them. Reload segment registers afterwards.
 */
PVK_INLINE int hypercall_set_gdt(const xen_pfn_t *frames, unsigned int entries)
{
    return (int)pvk_raw2(__HYPERVISOR_set_gdt, frames, entries);
}

/*
 * Write one descriptor at machine address `maddr` (8-byte aligned), in a descriptor page or an
 * ordinary writable page of the caller. `descriptor` has the processor's format; the hypervisor
 * refuses gates and ring 0 segments with -XEN_EINVAL.
 */
PVK_INLINE int hypercall_update_descriptor(uint64_t maddr, uint64_t descriptor)
{
    return (int)pvk_raw2(__HYPERVISOR_update_descriptor, maddr, descriptor);
}

/*
 * Stack the hypervisor switches to when it enters the guest kernel from guest user mode (ss0:sp0
 * of a TSS); on a context switch, that of the next task. On x86-64 use FLAT_KERNEL_SS.
 */
PVK_INLINE int hypercall_stack_switch(unsigned long ss, unsigned long sp)
{
    return (int)pvk_raw2(__HYPERVISOR_stack_switch, ss, sp);
}

/*
 * Entry points of the calling vcpu: event upcall, failsafe (bad segment on return to the guest)
 * and system call. hypercall_callback_register() is the newer way and does more.
 */
PVK_INLINE int hypercall_set_callbacks(unsigned long event, unsigned long failsafe,
                                       unsigned long syscall)
{
    return (int)pvk_raw3(__HYPERVISOR_set_callbacks, event, failsafe, syscall);
}

/*
 * Set one entry point, `type` CALLBACKTYPE_*. With CALLBACKF_mask_events the hypervisor masks
 * event upcalls on entry (event and NMI callbacks always do).
 */
PVK_INLINE int hypercall_callback_register(uint16_t type, uint16_t flags, unsigned long address)
{
    struct callback_register op = {.type = type, .flags = flags, .address = address};

    return (int)pvk_raw2(__HYPERVISOR_callback_op, CALLBACKOP_register, &op);
}

/* Remove an entry point; -XEN_EINVAL for the ones a guest cannot be without. */
PVK_INLINE int hypercall_callback_unregister(uint16_t type)
{
    struct callback_unregister op = {.type = type};

    return (int)pvk_raw2(__HYPERVISOR_callback_op, CALLBACKOP_unregister, &op);
}

/* Set (true) or clear CR0.TS: the next FPU instruction raises #NM, or does not. Never fails. */
PVK_INLINE int hypercall_fpu_taskswitch(bool set)
{
    return (int)pvk_raw1(__HYPERVISOR_fpu_taskswitch, set);
}

/*
 * Write debug register `reg`. -XEN_ENODEV: no such register; -XEN_EINVAL: reserved bits;
 * -XEN_EPERM: a breakpoint address inside the hypervisor's range.
 */
PVK_INLINE int hypercall_set_debugreg(int reg, unsigned long value)
{
    return (int)pvk_raw2(__HYPERVISOR_set_debugreg, reg, value);
}

/*
 * Read debug register `reg`. The ABI has one channel for value and error: the header promises
 * -XEN_EINVAL for a register that does not exist, Xen 4.17 returns -XEN_ENODEV, and either could be
 * a value. Check `reg` (0-3, 6, 7; 4 and 5 alias) beforehand.
 */
PVK_INLINE unsigned long hypercall_get_debugreg(int reg)
{
    return (unsigned long)pvk_raw1(__HYPERVISOR_get_debugreg, reg);
}

/*
 * `which` SEGBASE_FS, SEGBASE_GS_USER or SEGBASE_GS_KERNEL: set that segment base. SEGBASE_GS_-
 * USER_SEL: load selector base[15:0] into the user %gs. -XEN_EINVAL: non-canonical address.
 */
PVK_INLINE int hypercall_set_segment_base(unsigned int which, unsigned long base)
{
    return (int)pvk_raw2(__HYPERVISOR_set_segment_base, which, base);
}

/*
 * Load the context in `frame`. The low two bits of frame->cs decide where to: 3 is guest user mode,
 * 0 the kernel itself, so a return to the kernel needs FLAT_KERNEL_CS & ~3 (what the hypervisor
 * puts into frames), not FLAT_KERNEL_CS. rflags.IF becomes the inverse of the upcall mask,
 * atomically with the switch, so that an event arriving meanwhile is delivered in the new context.
 * `frame` must be writable and in reach of the current page tables; it is consumed. A frame the
 * hypervisor refuses crashes the domain. Assembly exit paths use PVK_IRET instead.
 */
__attribute__((noreturn)) PVK_INLINE void hypercall_iret(struct iret_context *frame)
{
    pvk_arch_iret(frame);
}

/* Turn a behaviour VMASST_TYPE_* on or off for the whole domain. */
PVK_INLINE int hypercall_vm_assist(bool enable, unsigned int type)
{
    return (int)pvk_raw2(__HYPERVISOR_vm_assist, enable ? VMASST_CMD_enable : VMASST_CMD_disable,
                         type);
}

#endif
