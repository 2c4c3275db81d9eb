/* SPDX-License-Identifier: MIT */
/*
 * ATA disks behind legacy ports, by programmed I/O or by the bus master of a PIIX. A channel
 * serves one request at a time; the others wait here. Programmed I/O moves a sector per
 * interrupt, with one string instruction, or as many as the drive allows (READ MULTIPLE).
 */
#include "ata.h"
#include "hw.h"
#include "io.h"

#define CHANNELS   2
#define CLASS_IDE  0x010100
#define BAR_MASTER 4
#define LBA28_END  (1UL << 28)
#define DRQ_TRIES  1000000

static struct ata channels[CHANNELS];

static void interrupt(void *data)
{
    struct ata *ata = data;

    if (ata->dma && !ata_dma_acknowledge(ata))
        return;
    ata->status = inb(ata->command + ATA_STATUS); /* which quiets the drive */
    ata->interrupted = true;
    io_notify();
}

/* --- one command ------------------------------------------------------------------------------ */

static uint8_t opcode(const struct ata *ata, enum disk_op op, bool ext)
{
    bool read = op == DISK_READ;

    if (op == DISK_FLUSH)
        return ext ? ATA_FLUSH_EXT : ATA_FLUSH;
    if (ata->dma && ext)
        return read ? ATA_READ_DMA_EXT : ATA_WRITE_DMA_EXT;
    if (ata->dma)
        return read ? ATA_READ_DMA : ATA_WRITE_DMA;
    if (ata->multiple > 1 && ext)
        return read ? ATA_READ_MULTIPLE_EXT : ATA_WRITE_MULTIPLE_EXT;
    if (ata->multiple > 1)
        return read ? ATA_READ_MULTIPLE : ATA_WRITE_MULTIPLE;
    if (ext)
        return read ? ATA_READ_EXT : ATA_WRITE_EXT;
    return read ? ATA_READ : ATA_WRITE;
}

static void write_address(uint16_t port, unsigned count, uint64_t lba)
{
    outb(port + ATA_COUNT, count);
    outb(port + ATA_LBA0, lba);
    outb(port + ATA_LBA1, lba >> 8);
    outb(port + ATA_LBA2, lba >> 16);
}

/* The short form where it reaches, as it takes half the writes. */
static void issue(struct ata *ata, const struct disk_request *r)
{
    unsigned count = r->bytes / 512;
    bool ext = ata->lba48 && (r->sector + count > LBA28_END || count > 256);

    if (r->op != DISK_FLUSH && ext)
        write_address(ata->command, count >> 8, (r->sector >> 24 & 0xff) | (r->sector >> 32 << 8));
    if (r->op != DISK_FLUSH)
        write_address(ata->command, count, r->sector);
    outb(ata->command + ATA_DRIVE, ata->drive | (ext ? 0 : r->sector >> 24 & 15));
    outb(ata->command + ATA_STATUS, opcode(ata, r->op, r->op == DISK_FLUSH ? ata->lba48 : ext));
}

/* The next block of programmed I/O. */
static void transfer(struct ata *ata, bool read)
{
    uint32_t n = ata->multiple * 512;

    n = n < ata->left ? n : ata->left;
    if (read)
        insw(ata->command + ATA_DATA, ata->at, n / 2);
    else
        outsw(ata->command + ATA_DATA, ata->at, n / 2);
    ata->at += n;
    ata->left -= n;
}

/* A drive asks for the first block of a write without an interrupt. */
static void write_first(struct ata *ata)
{
    uint8_t status;

    for (unsigned i = 0; i < DRQ_TRIES; i++) {
        status = inb(ata->control);
        if (status & ATA_BUSY)
            continue;
        if (status & ATA_DRQ)
            transfer(ata, false);
        return; /* on an error the interrupt tells */
    }
}

static void start_next(struct ata *ata)
{
    struct disk_request *r = ata->first;
    bool dma;

    if (ata->busy || !r)
        return;
    ata->busy = true;
    ata->pulse = io_pulses();
    ata->interrupted = false;
    ata->at = r->data;
    ata->left = r->bytes;
    dma = ata->dma && r->op != DISK_FLUSH;
    if (dma)
        ata_dma_prepare(ata, r);
    issue(ata, r);
    if (dma)
        ata_dma_go(ata, r);
    else if (r->op == DISK_WRITE)
        write_first(ata);
}

/* --- completion ------------------------------------------------------------------------------- */

/* The request goes on, or is over with *error. */
static bool over(struct ata *ata, const struct disk_request *r, enum disk_error *error)
{
    bool dma = ata->dma && r->op != DISK_FLUSH;

    *error = DISK_EIO;
    if (ata->status & ATA_BUSY)
        return false;
    if (dma && ata->status & ATA_DRQ)
        return false;
    if (dma && !ata_dma_stop(ata))
        return true;
    if (ata->status & (ATA_FAILED | ATA_FAULT))
        return true;
    *error = DISK_OK;
    if (dma || r->op == DISK_FLUSH || (r->op == DISK_WRITE && ata->left == 0))
        return true;
    if (ata->status & ATA_DRQ)
        transfer(ata, r->op == DISK_READ);
    return r->op == DISK_READ && ata->left == 0;
}

/* A request is being served and nothing has been heard: perhaps an interrupt was lost. */
static void look(struct ata *ata)
{
    if (ata->pulse == io_pulses())
        return;
    ata->pulse = io_pulses();
    if (ata->dma)
        ata_dma_acknowledge(ata);
    ata->status = inb(ata->command + ATA_STATUS);
    ata->interrupted = !(ata->status & ATA_BUSY);
}

static unsigned ata_poll(struct disk *disk)
{
    struct ata *ata = (struct ata *)disk;
    enum disk_error error;
    unsigned n = 0;

    if (ata->busy && !ata->interrupted)
        look(ata);
    while (ata->busy && ata->interrupted) {
        struct disk_request *r = ata->first;

        ata->interrupted = false;
        if (!over(ata, r, &error))
            continue;
        ata->first = r->next;
        if (!ata->first)
            ata->last = &ata->first;
        ata->busy = false;
        start_next(ata);
        r->done(r, error);
        n++;
    }
    return n;
}

/* --- the interface ---------------------------------------------------------------------------- */

static void ata_submit(struct disk *disk, struct disk_request *r)
{
    struct ata *ata = (struct ata *)disk;

    r->next = NULL;
    *ata->last = r;
    ata->last = &r->next;
}

static void ata_kick(struct disk *disk)
{
    start_next((struct ata *)disk);
}

static void ata_close(struct disk *disk)
{
    struct ata *ata = (struct ata *)disk;

    pic_detach(ata->line, interrupt, ata);
    ata->open = false;
}

/* The bus master's registers of the channel, 0 without one. */
static uint16_t find_master(unsigned channel)
{
    struct pci_function f;
    uint16_t base;

    if (!pci_find_class(CLASS_IDE, 0, &f))
        return 0;
    base = pci_io_base(&f, BAR_MASTER);
    pci_enable(&f, base != 0);
    return base ? base + 8 * channel : 0;
}

static struct disk *open(unsigned unit, enum ata_mode mode)
{
    static const char *const names[] = {"ata-pio", "ata-multiple", "ata-dma"};
    static const uint16_t command[] = {0x1f0, 0x170}, control[] = {0x3f6, 0x376};
    unsigned channel = unit / 2;
    struct ata *ata = &channels[channel];
    uint16_t master = find_master(channel);

    if (channel >= CHANNELS || ata->open || (mode == ATA_DMA && !master))
        return NULL;
    *ata = (struct ata){
        .disk = {.name = names[mode],
                 .depth = 1,
                 .submit = ata_submit,
                 .kick = ata_kick,
                 .poll = ata_poll,
                 .close = ata_close},
        .command = command[channel],
        .control = control[channel],
        .master = master,
        .line = 14 + channel,
        .drive = ATA_LBA_DRIVE | (unit & 1 ? 0x10 : 0),
        .mode = mode,
        .dma = mode == ATA_DMA,
    };
    ata->last = &ata->first;
    if (!ata_identify(ata) || !pic_attach(ata->line, interrupt, ata))
        return NULL;
    ata->open = true;
    return &ata->disk;
}

struct disk *ata_open_pio(unsigned unit)
{
    return open(unit, ATA_PIO);
}

struct disk *ata_open_multiple(unsigned unit)
{
    return open(unit, ATA_MULTIPLE);
}

struct disk *ata_open_dma(unsigned unit)
{
    return open(unit, ATA_DMA);
}
