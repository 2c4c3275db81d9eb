/* SPDX-License-Identifier: MIT */
/*
 * The chips around a PC's PCI bus: the host bridge of Intel's 82441FX (function 00:00.0) and the
 * ISA bridge of the 82371SB, PIIX3 (00:01.0), which routes the interrupts of PCI devices to inputs
 * of the 8259s by its registers PIRQRC[A:D]. Of the host bridge only the identity is there. The
 * routing is preset as a BIOS would leave it. Source: Intel 290549 (82371SB), 290550 (82441FX).
 */
#ifndef PVKIT_DEVICE_PIIX_H
#define PVKIT_DEVICE_PIIX_H

#include "pci.h"

#define PIIX_SLOT 1 /* the ISA bridge is function 0, IDE function 1 */

struct piix {
    struct pci_host pci;
    struct pci_function host, isa;
    struct irq_line pic; /* the 8259s' inputs; n of the call is the input */
    uint32_t asserted;   /* by slot: INTA# of the device there */
    uint16_t driven;     /* inputs of the 8259s that are up because of that */
};

/* The bus with the two bridges. `pic.set` is called with the number of the input; pic.n is not
 * used. False if the port bus refused. */
bool dev_piix_init(struct piix *piix, struct dev_bus *bus, struct irq_line pic);

/* INTA# of the device in slot n changed; in the shape of an irq_line callback, `opaque` is the
 * struct piix. */
void piix_inta(void *opaque, unsigned int slot, bool level);

/* The input of the 8259s to which INTA# of a slot is routed after reset, for the interrupt line
 * register and the firmware tables. */
unsigned int piix_default_irq(unsigned int slot);

/* What a BIOS writes to port 0x4d1: interrupts of PCI are level triggered. */
#define PIIX_ELCR2 0x0c

#endif
