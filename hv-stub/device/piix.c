/* SPDX-License-Identifier: MIT */
#include "piix.h"

#define PIRQRC   0x60 /* four of them */
#define PIRQS    4
#define PIRQ_OFF 0x80
#define ROUTABLE 0xdef8 /* the inputs PIRQRC may name: not 0, 1, 2, 8, 13 */

static const uint8_t default_route[PIRQS] = {10, 10, 11, 11};

/* Boards wire INTA# of the slots to the PIRQs in turn, slot 1 first. */
static unsigned int slot_pirq(unsigned int slot)
{
    return (slot - 1) % PIRQS;
}

unsigned int piix_default_irq(unsigned int slot)
{
    return default_route[slot_pirq(slot)];
}

static void update(void *opaque)
{
    struct piix *piix = opaque;
    uint16_t driven = 0, differ;

    for (unsigned int slot = 0; slot < 32; slot++) {
        uint8_t route = piix->isa.config[PIRQRC + slot_pirq(slot)];

        if ((piix->asserted >> slot & 1) && !(route & PIRQ_OFF))
            driven |= 1u << (route & 15) & ROUTABLE;
    }
    differ = driven ^ piix->driven;
    piix->driven = driven;
    for (unsigned int i = 0; i < 16; i++)
        if (differ >> i & 1)
            piix->pic.set(piix->pic.opaque, i, driven >> i & 1);
}

void piix_inta(void *opaque, unsigned int slot, bool level)
{
    struct piix *piix = opaque;
    uint32_t bit = 1u << (slot & 31), old = piix->asserted;

    piix->asserted = level ? old | bit : old & ~bit;
    if (piix->asserted != old)
        update(piix);
}

bool dev_piix_init(struct piix *piix, struct dev_bus *bus, struct irq_line pic)
{
    static const struct pci_identity host = {0x8086, 0x1237, 0x0600, 0, 2};
    static const struct pci_identity isa = {0x8086, 0x7000, 0x0601, 0, 0};

    *piix = (struct piix){.pic = pic, .isa = {.changed = update, .opaque = piix}};
    pci_function_init(&piix->host, PCI_DEVFN(0, 0), &host, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    pci_function_init(&piix->isa, PCI_DEVFN(PIIX_SLOT, 0), &isa,
                      PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    piix->host.writable[PCI_COMMAND] = piix->isa.writable[PCI_COMMAND] = 0; /* always on */
    piix->isa.config[PCI_HEADER] = PCI_MULTIFUNCTION;
    for (unsigned int i = 0; i < PIRQS; i++) {
        piix->isa.config[PIRQRC + i] = default_route[i];
        piix->isa.writable[PIRQRC + i] = PIRQ_OFF | 0x0f;
    }
    return dev_pci_init(&piix->pci, bus) && pci_add(&piix->pci, &piix->host) &&
           pci_add(&piix->pci, &piix->isa);
}
