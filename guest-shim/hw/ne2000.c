/* SPDX-License-Identifier: MIT */
/*
 * NE2000-compatible cards on PCI (Realtek RTL8029AS data sheet, National DP8390D data sheet): a
 * card with 16 KiB of its own memory, which the processor fills and empties through one port.
 */
#include "hw.h"
#include "io.h"
#include "kernel.h"
#include "nic.h"

#define VENDOR_REALTEK  0x10ec
#define PRODUCT_RTL8029 0x8029

/* The card's memory, in pages of 256 bytes: a frame to send, then the ring of received ones. */
#define TX_PAGE    0x40
#define RX_FIRST   0x46
#define RX_END     0x80
#define PAGE_BYTES 256

#define MIN_FRAME 60
#define MAX_FRAME (NIC_HEADER + 1500)
#define BUDGET    32 /* frames per poll */

/* Registers: page 0, and those of page 1 that are used. */
enum {
    CR,
    PSTART = 1,
    PSTOP,
    BNRY,
    TPSR,
    TBCR0,
    TBCR1,
    ISR,
    RSAR0,
    RSAR1,
    RBCR0,
    RBCR1,
    RCR,
    TCR,
    DCR,
    IMR,
    DATA,
    RESET = 0x1f,
    P1_PAR0 = 1,
    P1_CURR = 7,
    P1_MAR0 = 8,
};

#define CR_STOP   0x01
#define CR_START  0x02
#define CR_SEND   0x04
#define CR_READ   0x08 /* the direction of a transfer through DATA */
#define CR_WRITE  0x10
#define CR_NO_DMA 0x20
#define CR_PAGE1  0x40

#define ISR_RECEIVED 0x01
#define ISR_SENT     0x02
#define ISR_BAD      0x04 /* a frame with errors was dropped */
#define ISR_NOT_SENT 0x08
#define ISR_OVERFLOW 0x10
#define ISR_DMA_DONE 0x40

#define RCR_BROADCAST 0x04
#define RCR_MONITOR   0x20
#define TCR_LOOPBACK  0x02
#define DCR_WORDS     0x49 /* 16-bit transfers, normal operation, FIFO threshold 8 bytes */
#define RX_GOOD       0x01

#define WANTED (ISR_RECEIVED | ISR_BAD | ISR_OVERFLOW | ISR_NOT_SENT)

static struct ne2000 {
    struct nic nic; /* first: its address is handed out */
    uint16_t port;
    uint8_t line;
    bool open;
    uint8_t next; /* page of the next frame to take out of the ring */
    uint8_t mask; /* interrupts wanted; ISR_SENT while somebody waits for room */
    volatile bool interrupted;
    unsigned pulse;
    uint16_t out[MAX_FRAME / 2 + 1]; /* being sent: may happen while `frame` is looked at */
    uint16_t frame[(MAX_FRAME + 4) / 2 + 1];
} card;

static void put(struct ne2000 *c, unsigned reg, uint8_t value)
{
    outb(c->port + reg, value);
}

static uint8_t get(struct ne2000 *c, unsigned reg)
{
    return inb(c->port + reg);
}

/* The line is level-triggered: the card has to be quiet before the handler returns. */
static void interrupt(void *data)
{
    struct ne2000 *c = data;

    put(c, IMR, 0);
    c->interrupted = true;
    io_notify();
}

/* --- the card's memory ------------------------------------------------------------------------ */

static void begin_transfer(struct ne2000 *c, uint16_t at, uint16_t bytes, uint8_t direction)
{
    put(c, RBCR0, bytes);
    put(c, RBCR1, bytes >> 8);
    put(c, RSAR0, at);
    put(c, RSAR1, at >> 8);
    put(c, CR, CR_START | direction);
}

static void read_memory(struct ne2000 *c, uint16_t at, void *to, uint16_t bytes)
{
    begin_transfer(c, at, (bytes + 1) & ~1, CR_READ);
    insw(c->port + DATA, to, (bytes + 1) / 2);
}

/* A write is over when the card says so; it may lag behind the port. */
static void write_memory(struct ne2000 *c, uint16_t at, const void *from, uint16_t bytes)
{
    put(c, ISR, ISR_DMA_DONE);
    begin_transfer(c, at, (bytes + 1) & ~1, CR_WRITE);
    outsw(c->port + DATA, from, (bytes + 1) / 2);
    for (unsigned i = 0; i < 1000 && !(get(c, ISR) & ISR_DMA_DONE); i++)
        ;
}

/* --- sending ---------------------------------------------------------------------------------- */

static uint16_t gather(struct ne2000 *c, const struct nic_packet *p)
{
    uint8_t *to = (uint8_t *)c->out;
    uint32_t len = 0;

    for (unsigned i = 0; i < p->pieces; i++) {
        if (p->piece[i].len > MAX_FRAME - len)
            return 0;
        memcpy(to + len, p->piece[i].data, p->piece[i].len);
        len += p->piece[i].len;
    }
    if (len < MIN_FRAME) {
        memset(to + len, 0, MIN_FRAME - len);
        len = MIN_FRAME;
    }
    return len;
}

/* Nobody is told that a frame is out; who finds the card busy asks for an interrupt. */
static bool has_room(struct ne2000 *c)
{
    if (!(get(c, CR) & CR_SEND))
        return true;
    c->mask |= ISR_SENT;
    if (!c->interrupted)
        put(c, IMR, c->mask);
    return false;
}

static bool ne2000_send(struct nic *nic, struct nic_packet *packet)
{
    struct ne2000 *c = (struct ne2000 *)nic;
    uint16_t len;

    if (!has_room(c))
        return false;
    len = gather(c, packet);
    if (len) {
        write_memory(c, TX_PAGE * PAGE_BYTES, c->out, len);
        put(c, TPSR, TX_PAGE);
        put(c, TBCR0, len);
        put(c, TBCR1, len >> 8);
        put(c, CR, CR_NO_DMA | CR_START | CR_SEND);
    }
    packet->done(packet);
    return true;
}

static void ne2000_kick(struct nic *nic)
{
}

/* --- receiving -------------------------------------------------------------------------------- */

struct ring_header {
    uint8_t status, next;
    uint16_t bytes; /* with this header */
};

static uint8_t write_page(struct ne2000 *c)
{
    uint8_t page;

    put(c, CR, CR_PAGE1 | CR_NO_DMA | CR_START);
    page = get(c, P1_CURR);
    put(c, CR, CR_NO_DMA | CR_START);
    return page;
}

/* The frame behind `h`, which may continue at the ring's start. */
static void take_frame(struct ne2000 *c, const struct ring_header *h, uint16_t len)
{
    uint16_t at = c->next * PAGE_BYTES + sizeof(*h), room = RX_END * PAGE_BYTES - at;
    struct nic_piece piece = {c->frame, len};
    struct nic_frame frame = {.piece = &piece, .pieces = 1, .len = len};

    read_memory(c, at, c->frame, len < room ? len : room);
    if (len > room)
        read_memory(c, RX_FIRST * PAGE_BYTES, c->frame + room / 2, len - room);
    c->nic.receive(&c->nic, &frame);
}

static void set_boundary(struct ne2000 *c)
{
    put(c, BNRY, c->next == RX_FIRST ? RX_END - 1 : c->next - 1);
}

/* The ring makes no sense: forget what is in it. */
static void skip_all(struct ne2000 *c, uint8_t end)
{
    c->next = end >= RX_FIRST && end < RX_END ? end : RX_FIRST;
    set_boundary(c);
}

/* Hand over the frames up to page `end`. False if there are more than the budget. */
static bool drain(struct ne2000 *c, uint8_t end)
{
    struct ring_header h;

    for (unsigned n = 0; c->next != end; n++) {
        if (n == BUDGET)
            return false;
        read_memory(c, c->next * PAGE_BYTES, &h, sizeof(h));
        if (h.next < RX_FIRST || h.next >= RX_END || h.bytes < sizeof(h)) {
            skip_all(c, end);
            return true;
        }
        if (h.status & RX_GOOD && h.bytes - sizeof(h) <= sizeof(c->frame) - 2)
            take_frame(c, &h, h.bytes - sizeof(h));
        c->next = h.next;
        set_boundary(c);
    }
    return true;
}

/* The data sheet's way out of an overflow: stop, wait, empty the ring in loopback, go on. */
static void recover(struct ne2000 *c)
{
    put(c, CR, CR_NO_DMA | CR_STOP);
    for (unsigned i = 0; i < 1600; i++) /* 1.6 ms, each access takes a microsecond at most */
        if (get(c, ISR) & 0x80)
            break;
    put(c, RBCR0, 0);
    put(c, RBCR1, 0);
    put(c, TCR, TCR_LOOPBACK);
    put(c, CR, CR_NO_DMA | CR_START);
    while (!drain(c, write_page(c)))
        ;
    put(c, ISR, ISR_OVERFLOW);
    put(c, TCR, 0);
}

static bool ne2000_poll(struct nic *nic)
{
    struct ne2000 *c = (struct ne2000 *)nic;
    uint8_t status;
    bool all;

    if (!c->interrupted && c->pulse == io_pulses())
        return false;
    c->pulse = io_pulses();
    status = get(c, ISR) & (WANTED | ISR_SENT);
    if (status)
        put(c, ISR, status);
    if (status & ISR_SENT)
        c->mask = WANTED;
    if (status & ISR_OVERFLOW)
        recover(c);
    all = drain(c, write_page(c));
    c->interrupted = !all;
    if (all)
        put(c, IMR, c->mask);
    return !all;
}

/* --- start and end ---------------------------------------------------------------------------- */

static void ne2000_close(struct nic *nic)
{
    struct ne2000 *c = (struct ne2000 *)nic;

    put(c, IMR, 0);
    put(c, CR, CR_NO_DMA | CR_STOP);
    pic_detach(c->line, interrupt, c);
    c->open = false;
}

static void read_mac(struct ne2000 *c)
{
    uint16_t prom[16]; /* each byte stands in a word of its own */

    read_memory(c, 0, prom, sizeof(prom));
    for (unsigned i = 0; i < NIC_MAC_LEN; i++)
        c->nic.mac[i] = prom[i];
}

/* Stopped, then set up as the data sheet says, in its order. */
static void set_up(struct ne2000 *c)
{
    put(c, RESET, get(c, RESET));
    put(c, CR, CR_NO_DMA | CR_STOP);
    put(c, DCR, DCR_WORDS);
    put(c, RBCR0, 0);
    put(c, RBCR1, 0);
    put(c, RCR, RCR_MONITOR);
    put(c, TCR, TCR_LOOPBACK);
    read_mac(c);
    put(c, CR, CR_NO_DMA | CR_STOP);
    put(c, PSTART, RX_FIRST);
    put(c, PSTOP, RX_END);
    put(c, BNRY, RX_END - 1);
    put(c, ISR, 0xff);
    put(c, IMR, 0);
    put(c, CR, CR_PAGE1 | CR_NO_DMA | CR_STOP);
    for (unsigned i = 0; i < NIC_MAC_LEN; i++)
        put(c, P1_PAR0 + i, c->nic.mac[i]);
    for (unsigned i = 0; i < 8; i++)
        put(c, P1_MAR0 + i, 0);
    put(c, P1_CURR, RX_FIRST);
    c->next = RX_FIRST;
    put(c, CR, CR_NO_DMA | CR_START);
    put(c, TCR, 0);
    put(c, RCR, RCR_BROADCAST);
}

struct nic *ne2000_open(unsigned unit)
{
    struct ne2000 *c = &card;
    struct pci_function f;

    if (c->open || !pci_find_product(VENDOR_REALTEK, PRODUCT_RTL8029, unit, &f) ||
        !pci_io_base(&f, 0))
        return NULL;
    pci_enable(&f, false);
    *c = (struct ne2000){
        .nic = {.name = "ne2000",
                .mtu = 1500,
                .link = true,
                .rx_room = (RX_END - RX_FIRST - 8) * PAGE_BYTES,
                .rx_unit = PAGE_BYTES,
                .send = ne2000_send,
                .kick = ne2000_kick,
                .poll = ne2000_poll,
                .close = ne2000_close},
        .port = pci_io_base(&f, 0),
        .line = f.irq,
        .mask = WANTED,
        .pulse = io_pulses(),
    };
    set_up(c);
    if (!pic_attach(c->line, interrupt, c))
        return NULL;
    c->open = true;
    put(c, IMR, c->mask);
    return &c->nic;
}
