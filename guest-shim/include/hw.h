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

#endif
