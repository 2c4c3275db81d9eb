/* SPDX-License-Identifier: MIT */
/* The machine's 16550 serial ports: output polled, input by interrupt. */
#include "hv.h"
#include "apic.h"
#include "cpu.h"
#include "machine.h"

enum { UART_DATA = 0, UART_IER = 1, UART_FCR = 2, UART_LCR = 3, UART_MCR = 4, UART_LSR = 5 };

#define LSR_DATA_READY 0x01
#define LSR_THR_EMPTY  0x20
#define LCR_8N1        0x03
#define LCR_DLAB       0x80
#define MCR_DTR_RTS    0x03
#define MCR_OUT2       0x08 /* lets the interrupt line out */

/* A full FIFO drains in 1.4 ms; a read takes a microsecond or so on a real bus. */
#define WAIT_POLLS 20000

#define IIR_FIFOS_ON 0xc0
#define FIFO_BYTES   16

#define PORTS 3

static const uint16_t uart_port[PORTS] = {0x3f8, 0x2f8, 0x2e8};
static const uint8_t uart_irq[PORTS] = {4, 3, 3};
static uint8_t fifo_bytes[PORTS] = {1, 1, 1};
static uint8_t fifo_room[PORTS]; /* bytes that may follow without another look at the line status */

static void serial_init_one(unsigned port)
{
    uint16_t p = uart_port[port];

    outb(p + UART_IER, 0);
    outb(p + UART_LCR, LCR_DLAB);
    outb(p + UART_DATA, 1); /* divisor 1: 115200 baud */
    outb(p + UART_IER, 0);
    outb(p + UART_LCR, LCR_8N1);
    outb(p + UART_FCR, 0x07); /* FIFOs on and cleared, interrupt from the first byte */
    outb(p + UART_MCR, MCR_DTR_RTS);
    if ((inb(p + UART_FCR) & IIR_FIFOS_ON) ==
        IIR_FIFOS_ON) /* reads as the interrupt identification */
        fifo_bytes[port] = FIFO_BYTES;
}

void serial_init(void)
{
    serial_init_one(0);
    serial_init_one(1);
}

static bool fifo_empty(unsigned port)
{
    return inb(uart_port[port] + UART_LSR) & LSR_THR_EMPTY; /* "empty" means the whole FIFO */
}

static void wait_for_room(unsigned port)
{
    for (int i = 0; i < WAIT_POLLS && !fifo_empty(port); i++)
        arch_relax();
    fifo_room[port] = fifo_bytes[port];
}

size_t arch_uart_room(unsigned port)
{
    if (!fifo_room[port] && fifo_empty(port))
        fifo_room[port] = fifo_bytes[port];
    return fifo_room[port];
}

void arch_uart_write(unsigned port, const char *s, size_t n)
{
    while (n) {
        size_t burst;

        if (!fifo_room[port])
            wait_for_room(port);
        burst = MIN(n, fifo_room[port]);
        fifo_room[port] -= burst;
        n -= burst;
        __asm__ volatile("rep outsb" : "+S"(s), "+c"(burst) : "d"(uart_port[port]) : "memory");
    }
}

void arch_uart_putc(unsigned port, char c)
{
    arch_uart_write(port, &c, 1);
}

int arch_uart_getc(unsigned port)
{
    uint8_t lsr = inb(uart_port[port] + UART_LSR);

    if (lsr == 0xff || !(lsr & LSR_DATA_READY)) /* all ones: no such port */
        return -1;
    return inb(uart_port[port] + UART_DATA);
}

static bool listen(unsigned port)
{
    if (!ioapic_route_isa(uart_irq[port], VEC_UART))
        return false;
    outb(uart_port[port] + UART_MCR, MCR_DTR_RTS | MCR_OUT2);
    outb(uart_port[port] + UART_IER, 1); /* received data */
    return true;
}

bool serial_irq_enable(void)
{
    return listen(0);
}

/* Only who asks for it has a machine with a third port: elsewhere its addresses may be others'. */
bool arch_uart_listen(unsigned port)
{
    if (inb(uart_port[port] + UART_LSR) == 0xff)
        return false;
    serial_init_one(port);
    return listen(port);
}
