/* SPDX-License-Identifier: MIT */
#include "platform.h"

#define PORT_MAGIC   0x10 /* read: the magic; 2 bytes written: unplug; 4: the driver's build */
#define PORT_VERSION 0x12 /* read: the protocol's; 2 bytes written: which driver */
#define MAGIC        0x49d2
#define VERSION      1
#define MEMORY_BAR   0x14
#define PREFETCHABLE 0x08
#define IO_BAR_PORTS 0x100
#define IO_BAR_AT    0xc200

static uint32_t port_read(void *opaque, uint16_t port, unsigned int size)
{
    if (port == PORT_MAGIC)
        return MAGIC | VERSION << 16;
    return port == PORT_VERSION ? VERSION : 0xff;
}

static void port_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct platform *p = opaque;

    if (port == PORT_MAGIC && size == 2)
        p->unplug(p->opaque, value);
}

/* The function's own ports have no registers. */
static uint32_t none_read(void *opaque, uint16_t port, unsigned int size)
{
    return 0;
}

static void none_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
}

static const struct dev_port_ops unplug_ops = {port_read, port_write};
static const struct dev_port_ops none_ops = {none_read, none_write};

bool dev_platform_init(struct platform *p, struct dev_bus *bus, struct pci_host *pci, uint8_t irq,
                       void (*unplug)(void *opaque, unsigned int what), void *opaque)
{
    static const struct pci_identity id = {0x5853, 0x0001, 0xff80, 0, 1};
    struct pci_function *f = &p->function;

    *p = (struct platform){.unplug = unplug, .opaque = opaque};
    f->bar = (struct pci_bar){.offset = PCI_BAR0, .width = 4, .size = IO_BAR_PORTS};
    f->bar.ops = &none_ops;
    f->bar.opaque = p;
    pci_function_init(f, PCI_DEVFN(PLATFORM_SLOT, 0), &id, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    pci_assign(f, IO_BAR_AT);
    pci_set16(f->config, PCI_SUBVENDOR, 0x5853);
    pci_set16(f->config, PCI_SUBDEVICE, 0x0001);
    pci_set16(f->config, MEMORY_BAR, PREFETCHABLE);
    pci_set16(f->config, MEMORY_BAR + 2, PLATFORM_MEMORY >> 16);
    pci_set16(f->writable, MEMORY_BAR + 2, (uint16_t) - (PLATFORM_BYTES >> 16));
    f->config[PCI_IRQ_PIN] = 1;
    f->config[PCI_IRQ_LINE] = irq;
    return dev_bus_claim(bus, PORT_MAGIC, 4, 4, &unplug_ops, p) && pci_add(pci, f);
}
