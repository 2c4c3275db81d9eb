/* SPDX-License-Identifier: MIT */
#include "ide.h"

#define BAR4      0x20
#define TIMING    0x40 /* two words, one a channel */
#define TIMING_ON 0x80 /* in the upper byte: the channel's ports are decoded */

static struct ata_channel *channel(struct ide *ide, uint16_t port)
{
    return &ide->channel[port >> 3 & 1];
}

static uint32_t master_read(void *opaque, uint16_t port, unsigned int size)
{
    return ata_master_read(channel(opaque, port), port & 7, size);
}

static void master_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    ata_master_write(channel(opaque, port), port & 7, size, value);
}

static const struct dev_port_ops master_ops = {master_read, master_write};

bool dev_ide_init(struct ide *ide, struct dev_bus *bus, struct pci_host *pci,
                  const struct irq_line irq[IDE_CHANNELS], struct ata_memory memory)
{
    static const struct pci_identity id = {0x8086, 0x7010, 0x0101, 0x80, 0};
    static const uint16_t command[] = {0x1f0, 0x170}, control[] = {0x3f6, 0x376};
    struct pci_function *f = &ide->function;

    for (unsigned int c = 0; c < IDE_CHANNELS; c++)
        if (!dev_ata_init(&ide->channel[c], bus, command[c], control[c], irq[c], memory))
            return false;
    *f = (struct pci_function){.bar = {.offset = BAR4,
                                       .width = 4,
                                       .size = 2 * ATA_MASTER_PORTS,
                                       .ops = &master_ops,
                                       .opaque = ide}};
    pci_function_init(f, PCI_DEVFN(PIIX_SLOT, 1), &id, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    pci_assign(f, IDE_MASTER_AT);
    for (unsigned int c = 0; c < IDE_CHANNELS; c++) {
        f->config[TIMING + 2 * c + 1] = TIMING_ON;
        f->writable[TIMING + 2 * c] = f->writable[TIMING + 2 * c + 1] = 0xff;
    }
    return pci_add(pci, f);
}
