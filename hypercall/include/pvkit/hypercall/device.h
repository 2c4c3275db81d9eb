/* SPDX-License-Identifier: MIT */
/* Hardware access of a PV guest and parameters of an HVM guest: <xen/physdev.h>, <xen/hvm/...>. */
#ifndef PVKIT_HYPERCALL_DEVICE_H
#define PVKIT_HYPERCALL_DEVICE_H

#include <pvkit/xen.h>
#include <pvkit/arch.h>
#include <xen/physdev.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

/* Any PHYSDEVOP_* command with its structure. */
PVK_INLINE int hypercall_physdev_op(unsigned int cmd, void *arg)
{
    return (int)pvk_raw2(__HYPERVISOR_physdev_op, cmd, arg);
}

/*
 * I/O privilege level of the calling vcpu, 0-3. At 1 or more the guest kernel may execute port
 * instructions as far as the domain's permissions go, at 3 guest user code too.
 */
PVK_INLINE int hypercall_set_iopl(uint32_t iopl)
{
    struct physdev_set_iopl op = {.iopl = iopl};

    return hypercall_physdev_op(PHYSDEVOP_set_iopl, &op);
}

/*
 * Port permission bitmap of the calling vcpu for guest user code, as in a TSS: a clear bit allows.
 * `ports` at most 65536; ports beyond are denied. The hypervisor keeps the address and reads the
 * bitmap on each access, so the memory must stay.
 */
PVK_INLINE int hypercall_set_iobitmap(uint8_t *bitmap, uint32_t ports)
{
    struct physdev_set_iobitmap op = {.nr_ports = ports};

    set_xen_guest_handle(op.bitmap, bitmap);
    return hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &op);
}

/* Any HVMOP_* command with its structure. */
PVK_INLINE int hypercall_hvm_op(unsigned int op, void *arg)
{
    return (int)pvk_raw2(__HYPERVISOR_hvm_op, op, arg);
}

/* Read HVM_PARAM_* of the caller. -XEN_EINVAL: unknown; -XEN_EPERM: not the guest's to see. */
PVK_INLINE int hypercall_hvm_get_param(uint32_t index, uint64_t *out)
{
    struct xen_hvm_param op = {.domid = DOMID_SELF, .index = index};
    int rc = hypercall_hvm_op(HVMOP_get_param, &op);

    if (!rc)
        *out = op.value;
    return rc;
}

/* Write HVM_PARAM_* of the caller, e.g. HVM_PARAM_CALLBACK_IRQ. */
PVK_INLINE int hypercall_hvm_set_param(uint32_t index, uint64_t value)
{
    struct xen_hvm_param op = {.domid = DOMID_SELF, .index = index, .value = value};

    return hypercall_hvm_op(HVMOP_set_param, &op);
}

#endif
