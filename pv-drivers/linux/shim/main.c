// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * pv_shim.ko: a Linux that was booted with `nopv` or `xen_nopv` finds the hypervisor that it was
 * told to ignore, by the hypercall/ library, and gets the bus on which pv_blkfront.ko and
 * pv_netfront.ko find their devices. The emulated hardware stays.
 *
 * Xen's platform device lends its memory range for the pages that are shared with the hypervisor,
 * so that no RAM has to make way, and its interrupt line for events: a vector of our own is not a
 * module's to have.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "../front.h"
#include "shim.h"

#include <pvkit/discover.h>
#include <pvkit/hypercall/device.h>
#include <pvkit/hypercall/version.h>

#define GRANT_FRAMES 64 /* at most */
#define MEMORY_BAR   1
#define VIA_INTX     (1ull << 56) /* <xen/hvm/params.h> */

static void *room;            /* mapping of the platform device's memory */
static int outcome = -ENODEV; /* of the device's probe */

static irqreturn_t interrupt(int irq, void *data)
{
    return shim_events_dispatch() ? IRQ_HANDLED : IRQ_NONE;
}

static int call_us(const struct pci_dev *pdev)
{
    u64 via = VIA_INTX | (u64)pci_domain_nr(pdev->bus) << 32 | pdev->bus->number << 16 |
              pdev->devfn << 8 | ((pdev->pin - 1) & 3);

    return hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, via);
}

/* Events, grants, XenStore, devices: each needs the ones before. */
static int start(struct pci_dev *pdev, xen_pfn_t gfn)
{
    int rc = shim_events_start(room, gfn);

    if (rc)
        return rc;
    rc = request_irq(pdev->irq, interrupt, IRQF_SHARED, "pv_shim", &room);
    if (rc)
        goto stop_events;
    rc = call_us(pdev);
    if (rc)
        goto free_irq;
    rc = shim_grants_start(room + PAGE_SIZE, gfn + 1, GRANT_FRAMES);
    if (rc)
        goto uncall;
    rc = shim_store_start();
    if (rc)
        goto stop_grants;
    rc = shim_bus_start();
    if (!rc)
        return 0;
    shim_store_stop();
stop_grants:
    shim_grants_stop();
uncall:
    hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 0);
free_irq:
    free_irq(pdev->irq, &room);
stop_events:
    shim_events_stop();
    return rc;
}

static void stop(struct pci_dev *pdev)
{
    shim_bus_stop();
    shim_store_stop();
    shim_grants_stop();
    hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 0);
    free_irq(pdev->irq, &room);
    shim_events_stop();
}

static int set_up(struct pci_dev *pdev)
{
    resource_size_t at = pci_resource_start(pdev, MEMORY_BAR);
    size_t size = (1 + GRANT_FRAMES) * PAGE_SIZE;
    int rc;

    if (pci_resource_len(pdev, MEMORY_BAR) < size || !pdev->pin)
        return -ENODEV;
    rc = pci_enable_device(pdev);
    if (rc)
        return rc;
    rc = pci_request_region(pdev, MEMORY_BAR, "pv_shim");
    if (rc)
        goto disable;
    room = memremap(at, size, MEMREMAP_WB);
    rc = room ? start(pdev, at >> PAGE_SHIFT) : -ENOMEM;
    if (!rc)
        return 0;
    if (room)
        memunmap(room);
    pci_release_region(pdev, MEMORY_BAR);
disable:
    pci_disable_device(pdev);
    return rc;
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
    if (!outcome)
        return -EBUSY; /* a second one */
    outcome = set_up(pdev);
    return outcome;
}

static void remove(struct pci_dev *pdev)
{
    stop(pdev);
    memunmap(room);
    pci_release_region(pdev, MEMORY_BAR);
    pci_disable_device(pdev);
}

static const struct pci_device_id ids[] = {{PCI_DEVICE(0x5853, 0x0001)}, {}};

static struct pci_driver driver = {
    .name = "pv_shim",
    .id_table = ids,
    .probe = probe,
    .remove = remove,
    .driver = {.suppress_bind_attrs = true},
};

/* A hypervisor with Xen's interface, and its hypercall page in the place of ours. */
static int find(void)
{
    xen_extraversion_t extra = "";
    struct pvk_xen xen;

    if (pvk_xen_find(PVK_CPUID_PLAIN, &xen)) {
        pr_err("pv_shim: CPUID shows no hypervisor with Xen's interface\n");
        return -ENODEV;
    }
    pvk_hypercall_page_install(&xen, page_to_phys(vmalloc_to_page(hypercall_page)));
    hypercall_version_extra(&extra);
    pr_info("pv_shim: Xen %u.%u%.*s, domain %u, hypercall page by MSR 0x%x\n", xen.major, xen.minor,
            (int)sizeof(extra), extra, xen.domid, xen.msr);
    return 0;
}

static int __init shim_module(void)
{
    int rc;

    if (front_bus()) {
        pr_err("pv_shim: Linux runs as a guest of Xen, and has devices by itself\n");
        return -EBUSY;
    }
    rc = find();
    if (rc)
        return rc;
    rc = pci_register_driver(&driver);
    if (rc)
        return rc;
    if (!outcome)
        return 0;
    pr_err("pv_shim: no platform device 5853:0001, or it did not start: %d\n", outcome);
    pci_unregister_driver(&driver);
    return outcome;
}
module_init(shim_module);

static void __exit shim_module_end(void)
{
    pci_unregister_driver(&driver);
}
module_exit(shim_module_end);

MODULE_DESCRIPTION("pvkit: PV devices for a Linux booted without Xen's support");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_SOFTDEP("post: pv_blkfront pv_netfront");
