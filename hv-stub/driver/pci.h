/* SPDX-License-Identifier: MIT */
/* PCI functions (PCI Local Bus Specification 3.0, chapter 6): what drivers need of them. */
#ifndef DRIVER_PCI_H
#define DRIVER_PCI_H

#include "hv.h"

#define PCI_CAP_VENDOR 0x09
#define PCI_CAP_MSIX   0x11

/* Call fn for every function there is, with vendor id | device id << 16. */
void pci_scan(void (*fn)(uint32_t function, uint32_t id));
/* Bytes and halves of configuration space. */
uint32_t pci_read8(uint32_t function, uint32_t reg);
uint32_t pci_read16(uint32_t function, uint32_t reg);
/* The next capability `cap` behind `after` (0: the first); 0: none. */
uint32_t pci_capability(uint32_t function, uint32_t cap, uint32_t after);
/* Map bytes at an offset of a memory BAR; NULL: it is not one, is not assigned, or there is no
 * room. */
volatile void *pci_map_bar(uint32_t function, uint32_t bar, uint64_t offset, uint64_t bytes);
/* Give memory BARs that the firmware did not assign, because the device came later, an address.
 * False: there is no room. */
bool pci_place(uint32_t function);
/* Let the device answer in memory, and reach memory itself; no INTx. */
void pci_enable(uint32_t function);

/* MSI-X: have entry `entry` of its table call fn(data) (arch_msi_take()). False: not possible. The
 * first call turns it on. */
bool pci_msix_route(uint32_t function, uint32_t entry, void (*fn)(void *data), void *data);

#endif
