/* SPDX-License-Identifier: MIT */
/*
 * The IDE function of a PIIX3 (00:01.1): two ATA channels at their legacy ports, with a bus master.
 * Source: Intel 290550 (82371SB).
 */
#ifndef PVKIT_DEVICE_IDE_H
#define PVKIT_DEVICE_IDE_H

#include "ata.h"
#include "piix.h"

#define IDE_CHANNELS  2
#define IDE_IRQ(c)    (14 + (c))
#define IDE_MASTER_AT 0xc000 /* as firmware assigns it */

struct ide {
    struct ata_channel channel[IDE_CHANNELS];
    struct pci_function function;
};

/* Both channels and their function on the PCI bus. irq[c]: line of channel c. False if the buses
 * refused. */
bool dev_ide_init(struct ide *ide, struct dev_bus *bus, struct pci_host *pci,
                  const struct irq_line irq[IDE_CHANNELS], struct ata_memory memory);

#endif
