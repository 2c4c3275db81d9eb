/* SPDX-License-Identifier: MIT */
/* The PC hardware that the native variant drives. Port access is in here too. */
#ifndef SHIM_HW_H
#define SHIM_HW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline void outb(uint16_t port, uint8_t value)
{
    asm volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t value)
{
    asm volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void outl(uint16_t port, uint32_t value)
{
    asm volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t value;

    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* `words` 16-bit words from or to one port. */
static inline void insw(uint16_t port, void *to, size_t words)
{
    asm volatile("rep insw" : "+D"(to), "+c"(words) : "d"(port) : "memory");
}

static inline void outsw(uint16_t port, const void *from, size_t words)
{
    asm volatile("rep outsw" : "+S"(from), "+c"(words) : "d"(port) : "memory");
}

/* 16550 UART at COM1, 115200 8n1, FIFOs on, receive interrupt on (ISA interrupt 4). */
#define UART_IRQ 4
void uart_init(void);
void uart_write(const char *text, size_t len);
size_t uart_read(char *text, size_t len);

/* Two cascaded 8259 controllers; interrupt i arrives at vector base + i. All masked at first. */
void pic_init(uint8_t base);
void pic_mask(unsigned irq);
void pic_unmask(unsigned irq);
bool pic_pending(unsigned irq);
void pic_eoi(unsigned irq);

/*
 * Devices that are found at run time: call `handler` at every interrupt of that line, which is let
 * in. Lines are shared; a handler must make sure that its own device is quiet. False: no room.
 */
bool pic_attach(unsigned irq, void (*handler)(void *data), void *data);
void pic_detach(unsigned irq, void (*handler)(void *data), void *data);

/* An interrupt of that line arrived: call its handlers. */
void pic_deliver(unsigned irq);

/* Is this interrupt real? A 7 or 15 may be spurious, and then must not be acknowledged as such. */
bool pic_is_real(unsigned irq);

/* 8254 timer: channel 0 raises ISA interrupt 0, channel 2 is used to measure time by polling. */
#define PIT_IRQ 0
#define PIT_HZ  1193182UL
void pit_oneshot(uint16_t count);
/* How many TSC ticks `count` timer clocks take; *slack: the width of what that may be wrong by. */
uint64_t pit_measure(uint16_t count, uint64_t *slack);

/* Seconds since 1970 by the CMOS clock (MC146818), taken as UTC. */
uint64_t cmos_time(void);

/* PCI functions of bus 0, by configuration mechanism 1. */
struct pci_function {
    uint8_t device, function;
    uint16_t vendor, product;
    uint32_t class; /* class, subclass, programming interface */
    uint8_t irq;    /* ISA interrupt, as the firmware noted it */
};

/* The index-th function of that class (upper 16 bits compared), or of that vendor and product. */
bool pci_find_class(uint32_t class, unsigned index, struct pci_function *out);
bool pci_find_product(uint16_t vendor, uint16_t product, unsigned index, struct pci_function *out);

/* The I/O port that base address register `bar` decodes, 0 if it does not. */
uint16_t pci_io_base(const struct pci_function *f, unsigned bar);

/* Let the function decode I/O ports and, with `master`, use memory by itself. */
void pci_enable(const struct pci_function *f, bool master);

/*
 * Drivers for disk_drivers and nic_drivers. ATA units: primary master and slave, secondary master
 * and slave. One unit per channel can be open at a time.
 */
struct disk;
struct nic;
struct disk *ata_open_pio(unsigned unit);
struct disk *ata_open_multiple(unsigned unit);
struct disk *ata_open_dma(unsigned unit);
struct nic *ne2000_open(unsigned unit);

#endif
