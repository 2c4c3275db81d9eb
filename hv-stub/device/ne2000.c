/* SPDX-License-Identifier: MIT */
#include "ne2000.h"

enum { P_DATA = 0x10, P_RESET = 0x1f };

/* Page 0, written; the read ones differ */
enum {
    R_COMMAND = 0,
    R_PSTART = 1,
    R_PSTOP = 2,
    R_BOUNDARY = 3,
    R_TX_PAGE = 4,
    R_TX_COUNT0 = 5,
    R_TX_COUNT1 = 6,
    R_STATUS = 7,
    R_REMOTE0 = 8,
    R_REMOTE1 = 9,
    R_COUNT0 = 10,
    R_COUNT1 = 11,
    R_RCR = 12,
    R_TCR = 13,
    R_DCR = 14,
    R_MASK = 15,
};

#define CR_STOP     0x01
#define CR_START    0x02
#define CR_TRANSMIT 0x04
#define CR_READ     0x08
#define CR_WRITE    0x10
#define CR_NO_DMA   0x20

#define ISR_RECEIVED 0x01
#define ISR_SENT     0x02
#define ISR_OVERRUN  0x10
#define ISR_REMOTE   0x40
#define ISR_RESET    0x80

#define RCR_BROADCAST   0x04
#define RCR_MULTICAST   0x08
#define RCR_PROMISCUOUS 0x10
#define RCR_MONITOR     0x20
#define TCR_LOOPBACK    0x06
#define DCR_WORDS       0x01
#define RSR_OK          0x01
#define RSR_GROUP       0x20
#define TSR_OK          0x01

#define PAGE   256u
#define HEADER 4u

static void update(struct ne2000 *ne)
{
    irq_set(&ne->irq, ne->status & ne->mask & 0x7f);
}

static void raise(struct ne2000 *ne, uint8_t bits)
{
    ne->status |= bits;
    update(ne);
}

/* ---- its memory; other addresses hold nothing */

static uint8_t get(const struct ne2000 *ne, uint16_t at)
{
    if (at < sizeof(ne->prom))
        return ne->prom[at];
    return at >= NE2000_MEMORY_AT && at < NE2000_MEMORY_AT + NE2000_MEMORY
               ? ne->memory[at - NE2000_MEMORY_AT]
               : 0xff;
}

static void put(struct ne2000 *ne, uint16_t at, uint8_t value)
{
    if (at >= NE2000_MEMORY_AT && at < NE2000_MEMORY_AT + NE2000_MEMORY)
        ne->memory[at - NE2000_MEMORY_AT] = value;
}

/* ---- sending */

static void start_sending(struct ne2000 *ne)
{
    if (ne->tcr & TCR_LOOPBACK)
        ne2000_sent(ne);
    else
        ne->sending = true;
}

unsigned int ne2000_frame(const struct ne2000 *ne, uint8_t frame[NE2000_FRAME_MAX])
{
    unsigned int n = ne->tx_count < NE2000_FRAME_MAX ? ne->tx_count : NE2000_FRAME_MAX;

    if (!ne->sending)
        return 0;
    for (unsigned int i = 0; i < n; i++)
        frame[i] = get(ne, (uint16_t)(ne->tx_page * PAGE + i));
    return n;
}

void ne2000_sent(struct ne2000 *ne)
{
    ne->sending = false;
    ne->command &= (uint8_t)~CR_TRANSMIT;
    ne->tsr = TSR_OK;
    raise(ne, ISR_SENT);
}

/* ---- receiving */

/* Which of 64 bits of the filter stands for the address: the upper six of its Ethernet CRC. */
static unsigned int filter_bit(const uint8_t address[6])
{
    uint32_t crc = 0xffffffff;

    for (unsigned int i = 0; i < 48; i++) {
        bool bit = address[i / 8] >> i % 8 & 1;

        crc = crc << 1 ^ ((crc >> 31) != bit ? 0x04c11db7 : 0);
    }
    return crc >> 26;
}

static bool accepts(const struct ne2000 *ne, const uint8_t address[6])
{
    bool all_ones = true, mine = true;

    for (unsigned int i = 0; i < 6; i++) {
        all_ones &= address[i] == 0xff;
        mine &= address[i] == ne->station[i];
    }
    if (all_ones)
        return ne->rcr & RCR_BROADCAST;
    if (address[0] & 1) {
        unsigned int bit = filter_bit(address);

        return (ne->rcr & RCR_MULTICAST) && (ne->multicast[bit / 8] >> bit % 8 & 1);
    }
    return mine || (ne->rcr & RCR_PROMISCUOUS);
}

static bool ring_valid(const struct ne2000 *ne)
{
    uint32_t end = (NE2000_MEMORY_AT + NE2000_MEMORY) / PAGE;

    return ne->pstart >= NE2000_MEMORY_AT / PAGE && ne->pstart < ne->pstop && ne->pstop <= end &&
           ne->current >= ne->pstart && ne->current < ne->pstop && ne->boundary + 1 >= ne->pstart &&
           ne->boundary < ne->pstop;
}

static unsigned int pages_free(const struct ne2000 *ne)
{
    unsigned int size = ne->pstop - ne->pstart;
    /* Linux writes the page before the next frame to read, even when that begins the ring. */
    unsigned int boundary = ne->boundary < ne->pstart ? ne->pstop - 1u : ne->boundary;

    /* current == boundary: empty, as drivers that keep boundary one behind never see it full */
    return ne->current < boundary ? boundary - ne->current : size - (ne->current - boundary);
}

static unsigned int pages_of(unsigned int len)
{
    len = len < NE2000_FRAME_MIN ? NE2000_FRAME_MIN : len;
    return (len + HEADER + PAGE - 1) / PAGE;
}

enum ne2000_result ne2000_wants(struct ne2000 *ne, const uint8_t address[6], unsigned int len)
{
    if ((ne->command & CR_STOP) || !(ne->command & CR_START) || (ne->tcr & TCR_LOOPBACK) ||
        (ne->rcr & RCR_MONITOR) || len > NE2000_FRAME_MAX || !accepts(ne, address) ||
        !ring_valid(ne))
        return NE2000_IGNORED;
    return pages_free(ne) > pages_of(len) ? NE2000_TAKEN : NE2000_FULL;
}

static void ring_put(struct ne2000 *ne, uint32_t *at, uint8_t value)
{
    put(ne, (uint16_t)*at, value);
    if (++*at == ne->pstop * PAGE)
        *at = ne->pstart * PAGE;
}

void ne2000_receive(struct ne2000 *ne, const uint8_t *frame, unsigned int len)
{
    unsigned int total = len < NE2000_FRAME_MIN ? NE2000_FRAME_MIN : len;
    unsigned int next = ne->current + pages_of(len);
    uint32_t at = ne->current * PAGE;

    if (next >= ne->pstop)
        next -= ne->pstop - ne->pstart;
    ne->rsr = RSR_OK | (frame[0] & 1 ? RSR_GROUP : 0);
    ring_put(ne, &at, ne->rsr);
    ring_put(ne, &at, (uint8_t)next);
    ring_put(ne, &at, (uint8_t)(total + HEADER));
    ring_put(ne, &at, (uint8_t)((total + HEADER) >> 8));
    for (unsigned int i = 0; i < total; i++)
        ring_put(ne, &at, i < len ? frame[i] : 0);
    ne->current = (uint8_t)next;
    raise(ne, ISR_RECEIVED);
}

/* ---- the data port: remote DMA. Its address wraps at the end of the receive ring. */

static void remote_advance(struct ne2000 *ne, unsigned int n)
{
    ne->remote = (uint16_t)(ne->remote + n);
    if (ne->remote == ne->pstop * PAGE)
        ne->remote = (uint16_t)(ne->pstart * PAGE);
    ne->remote_count = ne->remote_count > n ? (uint16_t)(ne->remote_count - n) : 0;
    if (!ne->remote_count)
        raise(ne, ISR_REMOTE);
}

/* An access of 4 bytes moves as many. Of others the chip does not see the size: it moves a word or
 * a byte as it was programmed, whatever of that the processor asked for. */
static unsigned int remote_step(const struct ne2000 *ne, unsigned int size)
{
    if (size == 4)
        return 4;
    return ne->dcr & DCR_WORDS ? 2 : 1;
}

unsigned int ne2000_data_read(struct ne2000 *ne, void *buf, unsigned int size, unsigned int n)
{
    unsigned int step = remote_step(ne, size), i;
    uint8_t *b = buf;

    for (i = 0; i < n && ne->remote_count; i++) {
        for (unsigned int k = 0; k < size; k++)
            *b++ = k < step ? get(ne, (uint16_t)(ne->remote + k)) : 0;
        remote_advance(ne, step);
    }
    return i;
}

unsigned int ne2000_data_write(struct ne2000 *ne, const void *buf, unsigned int size,
                               unsigned int n)
{
    unsigned int step = remote_step(ne, size), i;
    const uint8_t *b = buf;

    for (i = 0; i < n && ne->remote_count; i++, b += size) {
        for (unsigned int k = 0; k < step; k++)
            put(ne, (uint16_t)(ne->remote + k), k < size ? b[k] : 0);
        remote_advance(ne, step);
    }
    return i;
}

/* ---- registers */

static void write_command(struct ne2000 *ne, uint8_t value)
{
    ne->command = value;
    if (value & CR_STOP) {
        ne->status |= ISR_RESET;
        ne->sending = false;
        ne->command &= (uint8_t)~CR_TRANSMIT;
        return;
    }
    ne->status &= (uint8_t)~ISR_RESET;
    if ((value & (CR_READ | CR_WRITE)) && !(value & CR_NO_DMA) && !ne->remote_count)
        raise(ne, ISR_REMOTE);
    if ((value & CR_TRANSMIT) && !ne->sending)
        start_sending(ne);
}

static void write_page0(struct ne2000 *ne, unsigned int r, uint8_t value)
{
    uint8_t *const simple[] = {
        [R_PSTART] = &ne->pstart, [R_PSTOP] = &ne->pstop, [R_TX_PAGE] = &ne->tx_page,
        [R_RCR] = &ne->rcr,       [R_TCR] = &ne->tcr,     [R_DCR] = &ne->dcr,
    };
    uint16_t *const wide[] = {
        [R_TX_COUNT0] = &ne->tx_count,  [R_TX_COUNT1] = &ne->tx_count,
        [R_REMOTE0] = &ne->remote,      [R_REMOTE1] = &ne->remote,
        [R_COUNT0] = &ne->remote_count, [R_COUNT1] = &ne->remote_count,
    };

    if (r < sizeof(simple) / sizeof(simple[0]) && simple[r]) {
        *simple[r] = value;
    } else if (r < sizeof(wide) / sizeof(wide[0]) && wide[r]) {
        unsigned int shift = r == R_TX_COUNT1 || r == R_REMOTE1 || r == R_COUNT1 ? 8 : 0;

        *wide[r] = (uint16_t)((*wide[r] & (0xff00 >> shift)) | value << shift);
    } else if (r == R_BOUNDARY) {
        ne->boundary = value;
        ne->freed = true;
    } else if (r == R_STATUS) {
        ne->status &= (uint8_t) ~(value & 0x7f);
        update(ne);
    } else if (r == R_MASK) {
        ne->mask = value;
        update(ne);
    }
}

static uint8_t read_page0(const struct ne2000 *ne, unsigned int r)
{
    switch (r) {
    case R_PSTART: /* CLDA0 */
        return 0;
    case R_PSTOP: /* CLDA1 */
        return ne->current;
    case R_BOUNDARY:
        return ne->boundary;
    case R_TX_PAGE:
        return ne->tsr;
    case R_STATUS:
        return ne->status;
    case R_REMOTE0:
        return (uint8_t)ne->remote;
    case R_REMOTE1:
        return ne->remote >> 8;
    case R_COUNT0: /* these two say RTL8029 */
        return 'P';
    case R_COUNT1:
        return 'C';
    case R_RCR:
        return ne->rsr;
    }
    return 0; /* collisions, and counters of errors that do not happen */
}

/* Page 1 holds addresses, page 2 shows what page 0 was written, page 3 is Realtek's own. */
static uint8_t read_other(const struct ne2000 *ne, unsigned int page, unsigned int r)
{
    const uint8_t written[] = {
        [R_PSTART] = ne->pstart, [R_PSTOP] = ne->pstop, [R_TX_PAGE] = ne->tx_page,
        [R_RCR] = ne->rcr,       [R_TCR] = ne->tcr,     [R_DCR] = ne->dcr,
        [R_MASK] = ne->mask};

    if (page == 2)
        return written[r];
    if (page == 3)
        return r == 6 ? 0x40 : 0; /* CONFIG3: full duplex */
    if (r <= 6)
        return ne->station[r - 1];
    return r == 7 ? ne->current : ne->multicast[r - 8];
}

static void write_page1(struct ne2000 *ne, unsigned int r, uint8_t value)
{
    if (r <= 6)
        ne->station[r - 1] = value;
    else if (r == 7)
        ne->current = value;
    else
        ne->multicast[r - 8] = value;
}

static void reset(struct ne2000 *ne)
{
    ne->command = CR_STOP | CR_NO_DMA;
    ne->status = ISR_RESET;
    ne->mask = 0;
    ne->sending = false;
    ne->remote_count = 0;
    update(ne);
}

static uint8_t read_byte(struct ne2000 *ne, unsigned int at)
{
    unsigned int page = ne->command >> 6;

    if (at == P_RESET)
        reset(ne);
    if (at >= P_DATA)
        return 0;
    if (at == R_COMMAND)
        return ne->command;
    return page == 0 ? read_page0(ne, at) : read_other(ne, page, at);
}

static void write_byte(struct ne2000 *ne, unsigned int at, uint8_t value)
{
    unsigned int page = ne->command >> 6;

    if (at >= P_DATA)
        return; /* the end of a reset pulse, or nothing */
    if (at == R_COMMAND)
        write_command(ne, value);
    else if (page == 0)
        write_page0(ne, at, value);
    else if (page == 1)
        write_page1(ne, at, value);
}

static uint32_t ports_read(void *opaque, uint16_t port, unsigned int size)
{
    struct ne2000 *ne = opaque;
    unsigned int at = port & (NE2000_PORTS - 1);
    uint32_t value = 0;

    if (at == P_DATA)
        return ne2000_data_read(ne, &value, size, 1) ? value : 0xffffffff;
    for (unsigned int i = 0; i < size; i++)
        value |= (uint32_t)read_byte(ne, at + i) << 8 * i;
    return value;
}

static void ports_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct ne2000 *ne = opaque;
    unsigned int at = port & (NE2000_PORTS - 1);

    if (at == P_DATA) {
        ne2000_data_write(ne, &value, size, 1);
        return;
    }
    for (unsigned int i = 0; i < size; i++)
        write_byte(ne, at + i, (uint8_t)(value >> 8 * i));
}

static const struct dev_port_ops ports_ops = {ports_read, ports_write};

bool dev_ne2000_init(struct ne2000 *ne, struct pci_host *pci, unsigned int slot, uint16_t base,
                     uint8_t intr, struct irq_line irq, const uint8_t mac[6])
{
    static const struct pci_identity id = {0x10ec, 0x8029, 0x0200, 0, 0};

    *ne = (struct ne2000){.irq = irq};
    for (unsigned int i = 0; i < 6; i++)
        ne->prom[2 * i] = ne->prom[2 * i + 1] = mac[i];
    ne->prom[28] = ne->prom[29] = ne->prom[30] = ne->prom[31] = 0x57; /* a 16-bit card */
    ne->function.bar = (struct pci_bar){
        .offset = PCI_BAR0, .width = 4, .size = NE2000_PORTS, .ops = &ports_ops, .opaque = ne};
    pci_function_init(&ne->function, PCI_DEVFN(slot, 0), &id, PCI_COMMAND_IO);
    pci_assign(&ne->function, base);
    ne->function.config[PCI_IRQ_PIN] = 1;
    ne->function.config[PCI_IRQ_LINE] = intr;
    reset(ne);
    return pci_add(pci, &ne->function);
}
