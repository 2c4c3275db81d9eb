/* SPDX-License-Identifier: MIT */
#include "pci.h"

#define ADDRESS_ENABLE (1u << 31)
#define BAR_IS_IO      0x01

static struct pci_function *find(const struct pci_host *pci, uint8_t devfn)
{
    for (unsigned int i = 0; i < pci->nr; i++)
        if (pci->function[i]->devfn == devfn)
            return pci->function[i];
    return NULL;
}

/* The function the address register selects, NULL if there is none: bus 0 is the only one. */
static struct pci_function *selected(const struct pci_host *pci)
{
    if (!(pci->address & ADDRESS_ENABLE) || (pci->address >> 16 & 0xff))
        return NULL;
    return find(pci, pci->address >> 8 & 0xff);
}

/* Where the guest wants the ports, 0: nowhere. */
static uint16_t bar_wanted(const struct pci_function *f)
{
    const uint8_t *r = &f->config[f->bar.offset];
    uint32_t base = (r[0] & ~3u) | r[1] << 8 | r[2] << 16 | (uint32_t)r[3] << 24;

    if (!f->bar.size || !(pci_get16(f, PCI_COMMAND) & PCI_COMMAND_IO) || base > 0xffff)
        return 0;
    return base + f->bar.size <= 0x10000 ? (uint16_t)base : 0;
}

/* All registers are looked at again, so that ports one function gave up are free for another. Of
 * two that want the same the first one has them. */
static void update_bars(struct pci_host *pci)
{
    for (unsigned int i = 0; i < pci->nr; i++) {
        struct pci_bar *bar = &pci->function[i]->bar;

        if (bar->at && bar->at != bar_wanted(pci->function[i])) {
            dev_bus_release(pci->bus, bar->at, bar->opaque);
            bar->at = 0;
        }
    }
    for (unsigned int i = 0; i < pci->nr; i++) {
        struct pci_bar *bar = &pci->function[i]->bar;
        uint16_t at = bar_wanted(pci->function[i]);

        if (!bar->at && at &&
            dev_bus_claim(pci->bus, at, bar->size, bar->width, bar->ops, bar->opaque))
            bar->at = at;
    }
}

static uint32_t address_read(void *opaque, uint16_t port, unsigned int size)
{
    const struct pci_host *pci = opaque;

    return pci->address;
}

static void address_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct pci_host *pci = opaque;

    pci->address = value & 0x80fffffc;
}

/* An access never leaves the four bytes of the window. */
static uint32_t data_read(void *opaque, uint16_t port, unsigned int size)
{
    const struct pci_host *pci = opaque;
    const struct pci_function *f = selected(pci);
    unsigned int offset = (pci->address & 0xfc) + (port & 3);
    uint32_t value = 0;

    if (!f)
        return 0xffffffff;
    for (unsigned int i = 0; i < size; i++)
        value |= (uint32_t)f->config[offset + i] << 8 * i;
    return value;
}

static void data_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct pci_host *pci = opaque;
    struct pci_function *f = selected(pci);
    unsigned int offset = (pci->address & 0xfc) + (port & 3);

    if (!f)
        return;
    for (unsigned int i = 0; i < size; i++) {
        uint8_t mask = f->writable[offset + i], *byte = &f->config[offset + i];

        *byte = (*byte & ~mask) | (value >> 8 * i & mask);
    }
    update_bars(pci);
    if (f->changed)
        f->changed(f->opaque);
}

static const struct dev_port_ops address_ops = {address_read, address_write};
static const struct dev_port_ops data_ops = {data_read, data_write};

bool dev_pci_init(struct pci_host *pci, struct dev_bus *bus)
{
    *pci = (struct pci_host){.bus = bus};
    dev_bus_claim_dword(bus, PCI_ADDRESS, &address_ops, pci);
    return dev_bus_claim(bus, PCI_DATA, 4, 4, &data_ops, pci);
}

void pci_function_init(struct pci_function *f, uint8_t devfn, const struct pci_identity *id,
                       uint16_t command)
{
    uint8_t *config = f->config;

    f->devfn = devfn;
    pci_set16(config, PCI_VENDOR, id->vendor);
    pci_set16(config, PCI_DEVICE, id->device);
    pci_set16(config, PCI_CLASS, id->class);
    pci_set16(config, PCI_COMMAND, command);
    pci_set16(config, PCI_STATUS, 0x0280); /* medium timing, back-to-back transfers */
    config[PCI_INTERFACE] = id->interface;
    config[PCI_REVISION] = id->revision;
    f->writable[PCI_COMMAND] = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
    f->writable[PCI_IRQ_LINE] = 0xff;
    if (!f->bar.size)
        return;
    pci_set16(f->writable, f->bar.offset, -f->bar.size);
    pci_set16(f->writable, f->bar.offset + 2, 0xffff);
    config[f->bar.offset] = BAR_IS_IO;
}

void pci_assign(struct pci_function *f, uint16_t port)
{
    pci_set16(f->config, f->bar.offset, port | BAR_IS_IO);
}

bool pci_add(struct pci_host *pci, struct pci_function *f)
{
    if (pci->nr == PCI_FUNCTIONS || find(pci, f->devfn))
        return false;
    pci->function[pci->nr++] = f;
    update_bars(pci);
    return true;
}

void pci_remove(struct pci_host *pci, const struct pci_function *f)
{
    for (unsigned int i = 0; i < pci->nr; i++) {
        if (pci->function[i] != f)
            continue;
        dev_bus_release(pci->bus, f->bar.at, f->bar.opaque);
        pci->nr--;
        for (; i < pci->nr; i++)
            pci->function[i] = pci->function[i + 1];
    }
    update_bars(pci);
}
