/* SPDX-License-Identifier: MIT */
#include "uart.h"

enum { REG_DATA, REG_IER, REG_IIR_FCR, REG_LCR, REG_MCR, REG_LSR, REG_MSR, REG_SCR };

#define IER_RDI  0x01
#define IER_THRI 0x02
#define IER_RLSI 0x04
#define IER_MSI  0x08

#define IIR_NONE    0x01
#define IIR_MSI     0x00
#define IIR_THRI    0x02
#define IIR_RDI     0x04
#define IIR_RLSI    0x06
#define IIR_TIMEOUT 0x0c
#define IIR_FIFOS   0xc0

#define FCR_ENABLE   0x01
#define FCR_CLEAR_RX 0x02

#define LCR_BREAK 0x40
#define LCR_DLAB  0x80

#define MCR_LOOP 0x10

#define LSR_DR   0x01
#define LSR_OE   0x02
#define LSR_BI   0x10
#define LSR_THRE 0x20
#define LSR_TEMT 0x40

#define MSR_TERI 0x04
#define MSR_CTS  0x10
#define MSR_DSR  0x20
#define MSR_RI   0x40
#define MSR_DCD  0x80

/* The far end is always there and ready. */
#define MSR_CONNECTED (MSR_CTS | MSR_DSR | MSR_DCD)

/* One character of ten bits at divisor 1 (115200 baud). */
#define CHAR_NS 86806ull

static bool fifo_on(const struct uart *u)
{
    return u->fcr & FCR_ENABLE;
}

static unsigned int rx_capacity(const struct uart *u)
{
    return fifo_on(u) ? UART_FIFO : 1;
}

static unsigned int rx_trigger(const struct uart *u)
{
    static const uint8_t level[] = {1, 4, 8, 14};

    return fifo_on(u) ? level[u->fcr >> 6] : 1;
}

/* Identification of the best pending interrupt, in the data sheet's order of priority. */
static uint8_t uart_iir(const struct uart *u)
{
    if ((u->ier & IER_RLSI) && (u->overrun || u->break_in))
        return IIR_RLSI;
    if ((u->ier & IER_RDI) && u->count >= rx_trigger(u))
        return IIR_RDI;
    if ((u->ier & IER_RDI) && u->timeout_pending)
        return IIR_TIMEOUT;
    if ((u->ier & IER_THRI) && u->thre_pending)
        return IIR_THRI;
    if ((u->ier & IER_MSI) && (u->msr & 0x0f))
        return IIR_MSI;
    return IIR_NONE;
}

static void uart_update_irq(struct uart *u)
{
    irq_set(&u->irq, uart_iir(u) != IIR_NONE);
}

/* The character timeout runs anew, four characters long, on every access to the receive FIFO. */
static void uart_restart_timeout(struct uart *u)
{
    uint64_t divisor = u->divisor ? u->divisor : 1;

    u->timeout_pending = false;
    if (fifo_on(u) && u->count)
        u->rx_timeout.deadline = dev_now(u->clock) + 4 * CHAR_NS * divisor;
    else
        u->rx_timeout.deadline = DEV_NEVER;
}

static void uart_timeout(void *opaque, uint64_t now)
{
    struct uart *u = opaque;

    u->timeout_pending = fifo_on(u) && u->count;
    uart_update_irq(u);
}

/* One character off the wire; a full FIFO keeps what it has, a full holding register does not. */
static void rx_push(struct uart *u, uint8_t byte)
{
    if (u->count == rx_capacity(u)) {
        u->overrun = true;
        if (!fifo_on(u))
            u->fifo[u->head] = byte;
        return;
    }
    u->fifo[(u->head + u->count++) % UART_FIFO] = byte;
}

static void rx_clear(struct uart *u)
{
    u->head = 0;
    u->count = 0;
    uart_restart_timeout(u);
}

unsigned int uart_rx_room(const struct uart *u)
{
    return u->mcr & MCR_LOOP ? 0 : rx_capacity(u) - u->count;
}

unsigned int uart_receive(struct uart *u, const uint8_t *bytes, unsigned int nr)
{
    unsigned int room = uart_rx_room(u);

    if (nr > room)
        nr = room;
    if (!nr)
        return 0;
    for (unsigned int i = 0; i < nr; i++)
        rx_push(u, bytes[i]);
    uart_restart_timeout(u);
    uart_update_irq(u);
    return nr;
}

static uint8_t uart_read_rbr(struct uart *u)
{
    uint8_t byte = u->fifo[u->head];

    if (u->count) {
        u->head = (u->head + 1) % UART_FIFO;
        u->count--;
    }
    uart_restart_timeout(u);
    uart_update_irq(u);
    return byte;
}

static void uart_write_thr(struct uart *u, uint8_t byte)
{
    if (u->mcr & MCR_LOOP) {
        rx_push(u, byte);
        uart_restart_timeout(u);
    } else if (u->tx) {
        u->tx(u->tx_opaque, byte);
    }
    u->thre_pending = true; /* it left at once: the transmitter went busy and empty again */
    uart_update_irq(u);
}

static void uart_write_ier(struct uart *u, uint8_t value)
{
    uint8_t risen = value & ~u->ier;

    u->ier = value & 0x0f;
    if (risen & IER_THRI)
        u->thre_pending = true; /* enabling it with an empty transmitter requests at once */
    if (!(u->ier & IER_THRI))
        u->thre_pending = false;
    uart_update_irq(u);
}

static void uart_write_fcr(struct uart *u, uint8_t value)
{
    if ((value ^ u->fcr) & FCR_ENABLE || value & FCR_CLEAR_RX)
        rx_clear(u);
    u->fcr = value & FCR_ENABLE ? value & 0xc9 : 0;
    uart_update_irq(u);
}

/* Modem inputs: the far end's, or our own outputs in loopback. Changes set the delta bits. */
static void uart_update_msr(struct uart *u)
{
    uint8_t old = u->msr & 0xf0, new = MSR_CONNECTED, changed;

    if (u->mcr & MCR_LOOP) {
        new = (u->mcr & 0x01 ? MSR_DSR : 0) | (u->mcr & 0x02 ? MSR_CTS : 0) | (u->mcr & 0x0c) << 4;
    }
    changed = old ^ new;
    u->msr = new | (u->msr & 0x0f) | ((changed & ~MSR_RI) >> 4);
    if (changed & old & MSR_RI)
        u->msr |= MSR_TERI; /* the ring indicator counts on its trailing edge only */
}

static void uart_write_lcr(struct uart *u, uint8_t value)
{
    bool starts = value & ~u->lcr & LCR_BREAK;

    u->lcr = value;
    if (starts && (u->mcr & MCR_LOOP)) {
        rx_push(u, 0);
        u->break_in = true;
        uart_restart_timeout(u);
        uart_update_irq(u);
    }
}

static uint8_t uart_read_iir(struct uart *u)
{
    uint8_t iir = uart_iir(u);

    if (iir == IIR_THRI) {
        u->thre_pending = false;
        uart_update_irq(u);
    }
    return iir | (fifo_on(u) ? IIR_FIFOS : 0);
}

static uint8_t uart_read_lsr(struct uart *u)
{
    uint8_t lsr = LSR_THRE | LSR_TEMT;

    lsr |= (u->count ? LSR_DR : 0) | (u->overrun ? LSR_OE : 0) | (u->break_in ? LSR_BI : 0);
    if (u->overrun || u->break_in) {
        u->overrun = false;
        u->break_in = false;
        uart_update_irq(u);
    }
    return lsr;
}

static uint8_t uart_read_msr(struct uart *u)
{
    uint8_t msr = u->msr;

    u->msr &= 0xf0;
    uart_update_irq(u);
    return msr;
}

static uint32_t uart_read(void *opaque, uint16_t port, unsigned int size)
{
    struct uart *u = opaque;

    switch ((port - u->base) & 7) {
    case REG_DATA:
        return u->lcr & LCR_DLAB ? u->divisor & 0xff : uart_read_rbr(u);
    case REG_IER:
        return u->lcr & LCR_DLAB ? u->divisor >> 8 : u->ier;
    case REG_IIR_FCR:
        return uart_read_iir(u);
    case REG_LCR:
        return u->lcr;
    case REG_MCR:
        return u->mcr;
    case REG_LSR:
        return uart_read_lsr(u);
    case REG_MSR:
        return uart_read_msr(u);
    default:
        return u->scr;
    }
}

static void uart_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct uart *u = opaque;

    switch ((port - u->base) & 7) {
    case REG_DATA:
        if (u->lcr & LCR_DLAB)
            u->divisor = (u->divisor & 0xff00) | (value & 0xff);
        else
            uart_write_thr(u, value);
        break;
    case REG_IER:
        if (u->lcr & LCR_DLAB)
            u->divisor = (u->divisor & 0x00ff) | (value & 0xff) << 8;
        else
            uart_write_ier(u, value);
        break;
    case REG_IIR_FCR:
        uart_write_fcr(u, value);
        break;
    case REG_LCR:
        uart_write_lcr(u, value);
        break;
    case REG_MCR:
        u->mcr = value & 0x1f;
        uart_update_msr(u);
        uart_update_irq(u);
        break;
    case REG_SCR:
        u->scr = value;
        break;
    default: /* LSR and MSR are read-only */
        break;
    }
}

static const struct dev_port_ops uart_ops = {uart_read, uart_write};

bool dev_uart_init(struct uart *uart, struct dev_bus *bus, struct dev_timers *timers,
                   const struct dev_clock *clock, uint16_t base, struct irq_line irq,
                   void (*tx)(void *opaque, uint8_t byte), void *tx_opaque)
{
    *uart = (struct uart){.clock = clock,
                          .irq = irq,
                          .tx = tx,
                          .tx_opaque = tx_opaque,
                          .base = base,
                          .divisor = 12,
                          .msr = MSR_CONNECTED};
    dev_timer_add(timers, &uart->rx_timeout, uart_timeout, uart);
    return dev_bus_claim(bus, base, 8, 1, &uart_ops, uart);
}
