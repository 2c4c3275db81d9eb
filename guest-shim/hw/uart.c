/* SPDX-License-Identifier: MIT */
/* 16550A UART (National Semiconductor PC16550D data sheet). */
#include "hw.h"

#define COM1 0x3f8

#define REG_DATA 0 /* divisor low byte while DLAB is set */
#define REG_IER  1
#define REG_FCR  2
#define REG_LCR  3
#define REG_MCR  4
#define REG_LSR  5

#define IER_RECEIVE 0x01
#define LCR_8N1     0x03
#define LCR_DLAB    0x80
#define MCR_ON      0x0b /* DTR, RTS, and OUT2, which gates the interrupt line on a PC */
#define LSR_DATA    0x01
#define LSR_EMPTY   0x20
#define FIFO_DEPTH  16

void uart_init(void)
{
    outb(COM1 + REG_IER, 0);
    outb(COM1 + REG_LCR, LCR_DLAB);
    outb(COM1 + REG_DATA, 1);
    outb(COM1 + REG_IER, 0);
    outb(COM1 + REG_LCR, LCR_8N1);
    outb(COM1 + REG_FCR, 0xc7); /* enable and clear, trigger at 14 bytes */
    outb(COM1 + REG_MCR, MCR_ON);
    outb(COM1 + REG_IER, IER_RECEIVE);
}

/* When the transmitter reports empty, a whole FIFO may be filled. */
static void write_raw(const char *text, size_t len)
{
    while (len) {
        while (!(inb(COM1 + REG_LSR) & LSR_EMPTY))
            ;
        for (unsigned i = 0; i < FIFO_DEPTH && len; i++, len--)
            outb(COM1 + REG_DATA, *text++);
    }
}

void uart_write(const char *text, size_t len)
{
    size_t run;

    while (len) { /* a terminal wants a carriage return before each newline */
        for (run = 0; run < len && text[run] != '\n'; run++)
            ;
        write_raw(text, run);
        text += run, len -= run;
        if (len) {
            write_raw("\r\n", 2);
            text++, len--;
        }
    }
}

size_t uart_read(char *text, size_t len)
{
    size_t n = 0;

    while (n < len && inb(COM1 + REG_LSR) & LSR_DATA)
        text[n++] = inb(COM1 + REG_DATA);
    return n;
}
