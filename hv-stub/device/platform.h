/* SPDX-License-Identifier: MIT */
/*
 * Xen's platform device: a PCI function 5853:0001 whose memory range guests use for pages that they
 * share with the hypervisor, and two ports by which their PV drivers have the emulated disks and
 * network cards taken away. Source: "Xen HVM emulated device unplug protocol" of Xen's
 * documentation.
 */
#ifndef PVKIT_DEVICE_PLATFORM_H
#define PVKIT_DEVICE_PLATFORM_H

#include "pci.h"

#define PLATFORM_SLOT   2
#define PLATFORM_MEMORY 0xf0000000u /* as firmware assigns it */
#define PLATFORM_BYTES  0x01000000u

/* What a guest asks to be rid of. */
#define UNPLUG_DISKS     1
#define UNPLUG_NICS      2
#define UNPLUG_AUX_DISKS 4 /* all but the first */

struct platform {
    struct pci_function function;
    void (*unplug)(void *opaque, unsigned int what);
    void *opaque;
};

/* Claims ports 0x10..0x13 and adds the function. unplug() is called with UNPLUG_* bits, inside the
 * port access. False if the buses refused. */
bool dev_platform_init(struct platform *p, struct dev_bus *bus, struct pci_host *pci, uint8_t irq,
                       void (*unplug)(void *opaque, unsigned int what), void *opaque);

#endif
