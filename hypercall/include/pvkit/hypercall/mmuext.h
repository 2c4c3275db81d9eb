/* SPDX-License-Identifier: MIT */
/*
 * Extended MMU operations: page table pinning, base pointers, flushes, LDT. <xen/xen.h>. Single
 * operations here; to batch them, fill an array and call hypercall_mmuext_op() once.
 */
#ifndef PVKIT_HYPERCALL_MMUEXT_H
#define PVKIT_HYPERCALL_MMUEXT_H

#include <pvkit/arch.h>
#include <pvkit/types.h>

/*
 * Run `count` operations in order, stopping at the first failure. `done`, if not NULL, receives
 * the number completed, on failure too. `foreign`: owner of the frames (un)pinned, DOMID_SELF.
 */
PVK_INLINE int hypercall_mmuext_op(struct mmuext_op *ops, unsigned int count, unsigned int *done,
                                   domid_t foreign)
{
    return (int)pvk_raw4(__HYPERVISOR_mmuext_op, ops, count, done, foreign);
}

/* One operation that takes a machine frame. The unused argument is left unset: hot path. */
PVK_INLINE int hypercall_mmuext_frame(unsigned int cmd, pvk_mfn_t mfn)
{
    struct mmuext_op op;

    op.cmd = cmd;
    op.arg1.mfn = mfn.n;
    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* One operation without arguments. */
PVK_INLINE int hypercall_mmuext_simple(unsigned int cmd)
{
    struct mmuext_op op;

    op.cmd = cmd;
    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/*
 * Pin: validate the tree below `mfn` as a page table of that level and keep it validated while it
 * is not in use. No page of the tree may be mapped writable. -XEN_EINVAL: invalid tree, or pinned
 * already.
 */
PVK_INLINE int hypercall_pin_l1(pvk_mfn_t mfn)
{
    return hypercall_mmuext_frame(MMUEXT_PIN_L1_TABLE, mfn);
}

PVK_INLINE int hypercall_pin_l2(pvk_mfn_t mfn)
{
    return hypercall_mmuext_frame(MMUEXT_PIN_L2_TABLE, mfn);
}

PVK_INLINE int hypercall_pin_l3(pvk_mfn_t mfn)
{
    return hypercall_mmuext_frame(MMUEXT_PIN_L3_TABLE, mfn);
}

PVK_INLINE int hypercall_pin_l4(pvk_mfn_t mfn)
{
    return hypercall_mmuext_frame(MMUEXT_PIN_L4_TABLE, mfn);
}

/* Undo a pin, any level. The tables may be written again once no CR3 or table refers to them. */
PVK_INLINE int hypercall_unpin(pvk_mfn_t mfn)
{
    return hypercall_mmuext_frame(MMUEXT_UNPIN_TABLE, mfn);
}

/* Load the kernel's page table base (CR3) with an L4 table. Flushes the local TLB. */
PVK_INLINE int hypercall_new_baseptr(pvk_mfn_t l4)
{
    return hypercall_mmuext_frame(MMUEXT_NEW_BASEPTR, l4);
}

/* Page table base used in guest user mode; frame 0 for none. x86-64 only. */
PVK_INLINE int hypercall_new_user_baseptr(pvk_mfn_t l4)
{
    return hypercall_mmuext_frame(MMUEXT_NEW_USER_BASEPTR, l4);
}

/* Flush this vcpu's TLB. */
PVK_INLINE int hypercall_tlb_flush_local(void)
{
    return hypercall_mmuext_simple(MMUEXT_TLB_FLUSH_LOCAL);
}

/* Flush the TLBs of every vcpu of the domain. */
PVK_INLINE int hypercall_tlb_flush_all(void)
{
    return hypercall_mmuext_simple(MMUEXT_TLB_FLUSH_ALL);
}

/* Flush the TLBs of the vcpus whose bits are set in `vcpumask` (64 per word, IN). */
PVK_INLINE int hypercall_tlb_flush_multi(const xen_ulong_t *vcpumask)
{
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_MULTI};

    set_xen_guest_handle(op.arg2.vcpumask, vcpumask);
    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Flush the translation of linear address `va` from this vcpu's TLB. */
PVK_INLINE int hypercall_invlpg_local(unsigned long va)
{
    struct mmuext_op op = {.cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = va};

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* The same on every vcpu of the domain. */
PVK_INLINE int hypercall_invlpg_all(unsigned long va)
{
    struct mmuext_op op = {.cmd = MMUEXT_INVLPG_ALL, .arg1.linear_addr = va};

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* The same on the vcpus whose bits are set in `vcpumask` (64 per word, IN). */
PVK_INLINE int hypercall_invlpg_multi(unsigned long va, const xen_ulong_t *vcpumask)
{
    struct mmuext_op op = {.cmd = MMUEXT_INVLPG_MULTI, .arg1.linear_addr = va};

    set_xen_guest_handle(op.arg2.vcpumask, vcpumask);
    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Write back and invalidate this processor's caches. Needs access to I/O memory (-XEN_EACCES). */
PVK_INLINE int hypercall_flush_cache(void)
{
    return hypercall_mmuext_simple(MMUEXT_FLUSH_CACHE);
}

/* The same on all processors. */
PVK_INLINE int hypercall_flush_cache_global(void)
{
    return hypercall_mmuext_simple(MMUEXT_FLUSH_CACHE_GLOBAL);
}

/*
 * Load the LDT of this vcpu: `entries` descriptors (at most 8192) at page-aligned linear address
 * `va`, mapped read-only; 0 entries for none. Pages are validated as they are touched.
 */
PVK_INLINE int hypercall_set_ldt(unsigned long va, unsigned int entries)
{
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT, .arg1.linear_addr = va, .arg2.nr_ents = entries};

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Zero a frame the caller owns without mapping it. */
PVK_INLINE int hypercall_clear_page(pvk_mfn_t mfn)
{
    return hypercall_mmuext_frame(MMUEXT_CLEAR_PAGE, mfn);
}

/* Copy one owned frame to another without mapping either. */
PVK_INLINE int hypercall_copy_page(pvk_mfn_t to, pvk_mfn_t from)
{
    struct mmuext_op op = {.cmd = MMUEXT_COPY_PAGE, .arg1.mfn = to.n, .arg2.src_mfn = from.n};

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

/* Mark the 2 MiB starting at `mfn` as a superpage. Xen 4.17 has it removed (-XEN_EOPNOTSUPP). */
PVK_INLINE int hypercall_mark_super(pvk_mfn_t mfn)
{
    return hypercall_mmuext_frame(MMUEXT_MARK_SUPER, mfn);
}

/* Undo hypercall_mark_super(). */
PVK_INLINE int hypercall_unmark_super(pvk_mfn_t mfn)
{
    return hypercall_mmuext_frame(MMUEXT_UNMARK_SUPER, mfn);
}

#endif
