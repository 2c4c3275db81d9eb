/* SPDX-License-Identifier: MIT */
/* physdev_op: I/O privileges, virtual like everything about them. The rest is about real interrupts
 * and PCI devices, which no domain here has. */
#include "hv.h"
#include "handlers.h"
#include "pv.h"

#include <xen/physdev.h>

/* From before event channels, when a physical interrupt had to be unmasked by hand: harmless. */
#define PHYSDEVOP_irq_unmask 4

static long set_iopl(uint64_t arg)
{
    struct physdev_set_iopl op;

    if (guest_read(&op, GVA(arg), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "argument at %lx is not readable", arg);
    if (op.iopl > 3)
        return hv_refuse(-XEN_EINVAL, "I/O privilege level %u", op.iopl);
    current_vcpu()->arch.pv.iopl = op.iopl;
    return 0;
}

static long set_iobitmap(uint64_t arg)
{
    struct pv_vcpu *pv = &current_vcpu()->arch.pv;
    struct physdev_set_iobitmap op;

    if (guest_read(&op, GVA(arg), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "argument at %lx is not readable", arg);
    if (op.nr_ports > 65536 || !guest_va_ok((uint64_t)op.bitmap.p) ||
        !guest_va_ok((uint64_t)op.bitmap.p + op.nr_ports / 8))
        return hv_refuse(-XEN_EINVAL, "bitmap of %u ports at %p", op.nr_ports, (void *)op.bitmap.p);
    pv->iobmp_gva = (uint64_t)op.bitmap.p;
    pv->iobmp_ports = op.nr_ports;
    return 0;
}

/* A bit per physical interrupt that has to be acknowledged by hand. There are none, so the page is
 * only kept, zero as the guest left it. */
static long set_eoi_map(struct domain *d, uint64_t arg)
{
    struct physdev_pirq_eoi_gmfn op;
    struct frame *none = NULL, *f;
    mfn_t m;

    if (guest_read(&op, GVA(arg), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "argument at %lx is not readable", arg);
    m = MFN(op.gmfn);
    f = m.v ? frame_get_writable(d, m) : NULL;
    if (!f)
        return hv_refuse(-XEN_EINVAL, "frame %#lx is no writable page of the domain", m.v);
    if (__atomic_compare_exchange_n(&d->eoi_frame, &none, f, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST))
        return 0;
    frame_put_and_type(f);
    return hv_refuse(-XEN_EBUSY, "there is such a page already");
}

long hc_physdev_op(uint64_t cmd, uint64_t arg)
{
    switch ((uint32_t)cmd) {
    case PHYSDEVOP_set_iopl:
        return set_iopl(arg);
    case PHYSDEVOP_set_iobitmap:
        return set_iobitmap(arg);
    case PHYSDEVOP_irq_unmask:
        return 0;
    case PHYSDEVOP_pirq_eoi_gmfn_v1:
    case PHYSDEVOP_pirq_eoi_gmfn_v2:
        return set_eoi_map(current_vcpu()->domain, arg);
    case PHYSDEVOP_eoi:
    case PHYSDEVOP_irq_status_query:
        return hv_refuse(-XEN_EINVAL, "the domain has no physical interrupt");
    case PHYSDEVOP_apic_read:
    case PHYSDEVOP_apic_write:
    case PHYSDEVOP_alloc_irq_vector:
    case PHYSDEVOP_map_pirq:
    case PHYSDEVOP_unmap_pirq:
    case PHYSDEVOP_manage_pci_add ... PHYSDEVOP_manage_pci_remove:
    case PHYSDEVOP_setup_gsi:
    case PHYSDEVOP_pci_mmcfg_reserved ... PHYSDEVOP_pci_device_remove:
        return hv_refuse(-XEN_EPERM, "physdev_op %lu is for the domain with the devices", cmd);
    default:
        return hv_refuse(-XEN_ENOSYS, "physdev_op %lu does not exist", cmd);
    }
}

/* The interface before version 0x00030202: command and argument in one structure. */
long hc_physdev_op_compat(uint64_t arg)
{
    struct physdev_op op;

    if (guest_read(&op, GVA(arg), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "argument at %lx is not readable", arg);
    if (op.cmd != PHYSDEVOP_set_iopl && op.cmd != PHYSDEVOP_set_iobitmap)
        return hv_refuse(-XEN_ENOSYS, "physdev_op %u does not exist here", op.cmd);
    return hc_physdev_op(op.cmd, arg + offsetof(struct physdev_op, u));
}
