/* SPDX-License-Identifier: MIT */
/* Registers of an ATA channel. */
#include "ata.h"

enum { R_DATA, R_ERROR, R_COUNT, R_LBA0, R_LBA1, R_LBA2, R_DEVICE, R_STATUS };

#define CONTROL_NIEN      0x02
#define CONTROL_SRST      0x04
#define CONTROL_HOB       0x80
#define DEVICE_ONES       0xa0
#define DIAGNOSTIC_PASSED 0x01

void ata_interrupt(struct ata_channel *ch, bool level)
{
    ch->interrupt = level;
    if (level)
        ch->master_status |= 4; /* latched there until the guest clears it */
    irq_set(&ch->irq, level && !(ch->control & CONTROL_NIEN));
}

void ata_finish(struct ata_channel *ch, uint8_t error)
{
    ch->phase = ATA_IDLE;
    ch->error = error;
    ch->status = ATA_DRDY | ATA_DSC | (error ? ATA_ERR : 0);
    ata_interrupt(ch, true);
}

static void signature(struct ata_channel *ch)
{
    ch->count[0] = ch->lba[0][0] = 1;
    ch->lba[1][0] = ch->lba[2][0] = 0;
    ch->device = 0;
    ch->error = DIAGNOSTIC_PASSED;
}

/* A job under way keeps the channel busy until it is done: its memory is in use. */
static void reset(struct ata_channel *ch)
{
    ch->phase = ATA_IDLE;
    ch->job_lost = ch->job.kind != ATA_JOB_NONE;
    ch->master_runs = false;
    signature(ch);
    ch->status = ch->job_lost ? ATA_BSY : ATA_DRDY | ATA_DSC;
    ata_interrupt(ch, false);
}

void ata_job_done(struct ata_channel *ch, bool ok)
{
    ch->job.kind = ATA_JOB_NONE;
    if (!ch->job_lost) {
        ata_command_done(ch, ok);
        return;
    }
    ch->job_lost = false;
    if (!(ch->control & CONTROL_SRST))
        ch->status = ATA_DRDY | ATA_DSC;
}

/* ---- data register */

unsigned int ata_data_read(struct ata_channel *ch, void *buf, unsigned int size, unsigned int n)
{
    unsigned int have;

    if (ch->phase != ATA_PIO_IN || !(ch->status & ATA_DRQ))
        return 0;
    have = (ch->end - ch->pos) / size;
    n = n < have ? n : have;
    __builtin_memcpy(buf, ch->buffer + ch->pos, n * size);
    ch->pos += n * size;
    if (ch->pos == ch->end)
        ata_pio_block_over(ch);
    return n;
}

unsigned int ata_data_write(struct ata_channel *ch, const void *buf, unsigned int size,
                            unsigned int n)
{
    unsigned int room;

    if (ch->phase != ATA_PIO_OUT || !(ch->status & ATA_DRQ))
        return 0;
    room = (ch->end - ch->pos) / size;
    n = n < room ? n : room;
    __builtin_memcpy(ch->buffer + ch->pos, buf, n * size);
    ch->pos += n * size;
    if (ch->pos == ch->end)
        ata_pio_block_over(ch);
    return n;
}

/* ---- task file */

static uint8_t read_status(struct ata_channel *ch)
{
    return ata_selected(ch)->present ? ch->status : 0;
}

static uint8_t read_register(struct ata_channel *ch, unsigned int r)
{
    unsigned int hob = ch->control & CONTROL_HOB ? 1 : 0;

    if (!ch->drive[0].present && !ch->drive[1].present)
        return r == R_STATUS ? 0 : 0xff; /* nobody drives the bus; pulled-down status */
    switch (r) {
    case R_ERROR:
        return ch->error;
    case R_COUNT:
        return ch->count[hob];
    case R_LBA0:
    case R_LBA1:
    case R_LBA2:
        return ch->lba[r - R_LBA0][hob];
    case R_DEVICE:
        return ch->device | DEVICE_ONES;
    default:
        ata_interrupt(ch, false);
        return read_status(ch);
    }
}

static uint32_t task_read(void *opaque, uint16_t port, unsigned int size)
{
    struct ata_channel *ch = opaque;
    unsigned int r = port & 7;
    uint32_t value = 0;

    if (r == R_DATA)
        return ata_data_read(ch, &value, size, 1) ? value : 0xffffffff;
    for (unsigned int i = 0; i < size && r + i < 8; i++)
        value |= (uint32_t)read_register(ch, r + i) << 8 * i;
    return value;
}

static void push(uint8_t reg[2], uint8_t value)
{
    reg[1] = reg[0];
    reg[0] = value;
}

static void write_register(struct ata_channel *ch, unsigned int r, uint8_t value)
{
    ch->control &= (uint8_t)~CONTROL_HOB;
    if (ch->status & ATA_BSY)
        return;
    switch (r) {
    case R_ERROR:
        push(ch->feature, value);
        break;
    case R_COUNT:
        push(ch->count, value);
        break;
    case R_LBA0:
    case R_LBA1:
    case R_LBA2:
        push(ch->lba[r - R_LBA0], value);
        break;
    case R_DEVICE:
        ch->device = value & 0x5f;
        break;
    case R_STATUS:
        ata_interrupt(ch, false);
        ata_command(ch, value);
        break;
    }
}

static void task_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct ata_channel *ch = opaque;
    unsigned int r = port & 7;

    if (r == R_DATA) {
        ata_data_write(ch, &value, size, 1);
        return;
    }
    for (unsigned int i = 0; i < size && r + i < 8; i++)
        write_register(ch, r + i, (uint8_t)(value >> 8 * i));
}

/* ---- control block */

static uint32_t control_read(void *opaque, uint16_t port, unsigned int size)
{
    return read_status(opaque);
}

static void control_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct ata_channel *ch = opaque;
    uint8_t old = ch->control;

    ch->control = (uint8_t)value;
    if (value & CONTROL_SRST) {
        if (!(old & CONTROL_SRST))
            reset(ch);
        ch->status = ATA_BSY;
        return;
    }
    if ((old & CONTROL_SRST) && !ch->job_lost)
        ch->status = ATA_DRDY | ATA_DSC;
    irq_set(&ch->irq, ch->interrupt && !(value & CONTROL_NIEN));
}

static const struct dev_port_ops task_ops = {task_read, task_write};
static const struct dev_port_ops control_ops = {control_read, control_write};

bool dev_ata_init(struct ata_channel *ch, struct dev_bus *bus, uint16_t command, uint16_t control,
                  struct irq_line irq, struct ata_memory memory)
{
    *ch = (struct ata_channel){.irq = irq, .memory = memory, .status = ATA_DRDY | ATA_DSC};
    signature(ch);
    return dev_bus_claim(bus, command, 8, 4, &task_ops, ch) &&
           dev_bus_claim(bus, control, 1, 1, &control_ops, ch);
}

void ata_attach(struct ata_channel *ch, unsigned int drive, uint64_t sectors, const char *serial)
{
    struct ata_drive *d = &ch->drive[drive];

    *d = (struct ata_drive){.present = true, .sectors = sectors};
    for (unsigned int i = 0; i < sizeof(d->serial) - 1 && serial[i]; i++)
        d->serial[i] = serial[i];
    ch->master_status |= (uint8_t)(0x20 << drive); /* firmware: the drive can do DMA */
}
