/* SPDX-License-Identifier: MIT */
/*
 * An NE2000 on PCI, Realtek's RTL8029: a National DP8390 with 32 KiB of memory of its own, reached
 * byte by byte or in wider pieces through a data port. Sources: National DP8390D/NS32490D data
 * sheet, Realtek RTL8029AS data sheet.
 *
 * Frames go to and come from the host: what the guest wants to send is noted (`sending`), the host
 * looks there when it holds no lock and answers with ne2000_sent().
 */
#ifndef PVKIT_DEVICE_NE2000_H
#define PVKIT_DEVICE_NE2000_H

#include "pci.h"

#define NE2000_PORTS     0x20
#define NE2000_MEMORY    0x8000 /* bytes, seen by the chip from NE2000_MEMORY_AT on */
#define NE2000_MEMORY_AT 0x4000
#define NE2000_FRAME_MAX 1514
#define NE2000_FRAME_MIN 60

struct ne2000 {
    struct pci_function function;
    struct irq_line irq;
    uint8_t command, status, mask; /* CR, ISR, IMR */
    uint8_t rcr, tcr, dcr, rsr, tsr;
    uint8_t pstart, pstop, boundary, current, tx_page;
    uint16_t tx_count, remote, remote_count;
    uint8_t station[6], multicast[8];
    uint8_t prom[32];
    bool sending; /* a frame waits for the host, from ne2000_frame() */
    bool freed;   /* the guest made room in the ring; the host takes note and clears it */
    uint8_t memory[NE2000_MEMORY];
};

/* Power-on state, with this address in the PROM, and its function on the PCI bus at `slot`, with
 * ports from `base` on. `intr` is the input of the 8259s in the interrupt line register. */
bool dev_ne2000_init(struct ne2000 *ne, struct pci_host *pci, unsigned int slot, uint16_t base,
                     uint8_t intr, struct irq_line irq, const uint8_t mac[6]);

/* The frame to send: its length, 0 if there is none (any more). */
unsigned int ne2000_frame(const struct ne2000 *ne, uint8_t frame[NE2000_FRAME_MAX]);
/* It is gone. */
void ne2000_sent(struct ne2000 *ne);

enum ne2000_result { NE2000_TAKEN, NE2000_FULL, NE2000_IGNORED };
/* Does the receiver want a frame that begins with this address, and has it room for `len` bytes? */
enum ne2000_result ne2000_wants(struct ne2000 *ne, const uint8_t address[6], unsigned int len);
/* Receive it, after NE2000_TAKEN for the same one. */
void ne2000_receive(struct ne2000 *ne, const uint8_t *frame, unsigned int len);

/* As ata_data_read() and ata_data_write(): n elements through the data port. */
unsigned int ne2000_data_read(struct ne2000 *ne, void *buf, unsigned int size, unsigned int n);
unsigned int ne2000_data_write(struct ne2000 *ne, const void *buf, unsigned int size,
                               unsigned int n);
static inline bool ne2000_is_data_port(const struct ne2000 *ne, uint16_t port)
{
    return ne->function.bar.at && port == ne->function.bar.at + 0x10;
}

#endif
