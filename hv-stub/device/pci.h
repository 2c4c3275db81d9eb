/* SPDX-License-Identifier: MIT */
/*
 * A PCI bus behind configuration mechanism 1 (PCI Local Bus Specification 2.1, 3.7.4): the address
 * register at 0xcf8, which takes accesses of 4 bytes only, and the data window 0xcfc..0xcff, which
 * takes bytes and words too. There is one bus; its functions have at most one base address register
 * each, of I/O ports.
 */
#ifndef PVKIT_DEVICE_PCI_H
#define PVKIT_DEVICE_PCI_H

#include "device.h"

#define PCI_ADDRESS 0xcf8
#define PCI_DATA    0xcfc

#define PCI_FUNCTIONS             8
#define PCI_DEVFN(slot, function) ((slot) << 3 | (function))

/* Offsets in configuration space. */
#define PCI_VENDOR    0x00
#define PCI_DEVICE    0x02
#define PCI_COMMAND   0x04
#define PCI_STATUS    0x06
#define PCI_REVISION  0x08
#define PCI_INTERFACE 0x09
#define PCI_CLASS     0x0a
#define PCI_HEADER    0x0e
#define PCI_BAR0      0x10
#define PCI_SUBVENDOR 0x2c
#define PCI_SUBDEVICE 0x2e
#define PCI_IRQ_LINE  0x3c
#define PCI_IRQ_PIN   0x3d

#define PCI_COMMAND_IO     (1u << 0)
#define PCI_COMMAND_MEMORY (1u << 1)
#define PCI_COMMAND_MASTER (1u << 2)

#define PCI_MULTIFUNCTION 0x80

/* A base address register of I/O ports. `size` is a power of two, 0: there is none. The ports are
 * claimed from the bus while the guest has them decoded: PCI_COMMAND_IO set, an address that is not
 * 0 and fits, and ports nobody else has. */
struct pci_bar {
    uint8_t offset; /* of the register: PCI_BAR0 + 4 * n */
    uint8_t width;  /* as for dev_bus_claim() */
    uint16_t size;
    const struct dev_port_ops *ops; /* is passed the port, not the offset from the base */
    void *opaque;
    uint16_t at; /* where the ports are claimed now, 0: nowhere */
};

struct pci_function {
    uint8_t devfn;
    uint8_t config[256];   /* little endian */
    uint8_t writable[256]; /* the bits the guest may change */
    struct pci_bar bar;
    /* May be NULL. The guest wrote to the configuration space; it is stored already. */
    void (*changed)(void *opaque);
    void *opaque;
};

struct pci_host {
    struct dev_bus *bus;
    uint32_t address;
    struct pci_function *function[PCI_FUNCTIONS];
    unsigned int nr;
};

/* What all functions have; the rest of the configuration space is 0 and read-only. */
struct pci_identity {
    uint16_t vendor, device, class;
    uint8_t interface, revision;
};

/* An empty bus. Claims the two registers. False if the port bus refused. */
bool dev_pci_init(struct pci_host *pci, struct dev_bus *bus);

/* Fill in the configuration space: the registers every function has, `command` as firmware would
 * leave it, of which the I/O, memory and master bits can be changed. f->bar comes before. */
void pci_function_init(struct pci_function *f, uint8_t devfn, const struct pci_identity *id,
                       uint16_t command);

/* Gives the base address register the value firmware would have written. */
void pci_assign(struct pci_function *f, uint16_t port);

/* Adds a function that the caller keeps alive, and decodes its ports if it is set to. False if
 * there are too many, or one at that place. */
bool pci_add(struct pci_host *pci, struct pci_function *f);

/* Takes it away again; nothing happens if it is not there. */
void pci_remove(struct pci_host *pci, const struct pci_function *f);

static inline uint16_t pci_get16(const struct pci_function *f, uint8_t offset)
{
    return f->config[offset] | f->config[offset + 1] << 8;
}

static inline void pci_set16(uint8_t *space, uint8_t offset, uint16_t value)
{
    space[offset] = (uint8_t)value;
    space[offset + 1] = value >> 8;
}

#endif
