/* SPDX-License-Identifier: MIT */
/*
 * A 16550A serial port. Source: National Semiconductor PC16550D data sheet. Transmission takes no
 * time: a byte written to THR is handed to `tx` at once and the transmitter is empty again. The
 * interrupt output is not gated by OUT2, as on QEMU.
 */
#ifndef PVKIT_DEVICE_UART_H
#define PVKIT_DEVICE_UART_H

#include "device.h"

#define UART_FIFO 16

struct uart {
    const struct dev_clock *clock;
    struct irq_line irq;
    void (*tx)(void *opaque, uint8_t byte); /* takes each byte the guest sends */
    void *tx_opaque;
    struct dev_timer rx_timeout;
    uint16_t base;
    uint16_t divisor;
    uint8_t ier, fcr, lcr, mcr, msr, scr;
    bool overrun;         /* LSR OE, until LSR is read */
    bool break_in;        /* LSR BI: the loop saw a break */
    bool thre_pending;    /* the THRE interrupt, until IIR is read or THR written */
    bool timeout_pending; /* characters lie in the FIFO and nobody came for them */
    uint8_t fifo[UART_FIFO];
    uint8_t head, count;
};

/* Resets the port and claims eight ports from `base`. `clock` must outlive the device. False if
 * the bus refused. */
bool dev_uart_init(struct uart *uart, struct dev_bus *bus, struct dev_timers *timers,
                   const struct dev_clock *clock, uint16_t base, struct irq_line irq,
                   void (*tx)(void *opaque, uint8_t byte), void *tx_opaque);

/* How many bytes uart_receive() would take now. 0 while the guest has the port in loopback. */
unsigned int uart_rx_room(const struct uart *uart);

/* Delivers input from the line; takes as many bytes as fit without an overrun and returns their
 * number. The caller keeps the rest for later. */
unsigned int uart_receive(struct uart *uart, const uint8_t *bytes, unsigned int nr);

#endif
