/* SPDX-License-Identifier: MIT */
/* Commands of an ATA disk. */
#include "ata.h"

enum {
    CMD_RECALIBRATE = 0x10,
    CMD_READ = 0x20,
    CMD_READ_ONCE = 0x21,
    CMD_READ_EXT = 0x24,
    CMD_READ_DMA_EXT = 0x25,
    CMD_READ_MAX_EXT = 0x27,
    CMD_READ_MULTIPLE_EXT = 0x29,
    CMD_WRITE = 0x30,
    CMD_WRITE_ONCE = 0x31,
    CMD_WRITE_EXT = 0x34,
    CMD_WRITE_DMA_EXT = 0x35,
    CMD_WRITE_MULTIPLE_EXT = 0x39,
    CMD_VERIFY = 0x40,
    CMD_VERIFY_EXT = 0x42,
    CMD_DIAGNOSTIC = 0x90,
    CMD_PARAMETERS = 0x91,
    CMD_READ_MULTIPLE = 0xc4,
    CMD_WRITE_MULTIPLE = 0xc5,
    CMD_SET_MULTIPLE = 0xc6,
    CMD_READ_DMA = 0xc8,
    CMD_WRITE_DMA = 0xca,
    CMD_STANDBY_NOW = 0xe0,
    CMD_IDLE_NOW = 0xe1,
    CMD_STANDBY = 0xe2,
    CMD_IDLE = 0xe3,
    CMD_CHECK_POWER = 0xe5,
    CMD_FLUSH = 0xe7,
    CMD_FLUSH_EXT = 0xea,
    CMD_IDENTIFY = 0xec,
    CMD_SET_FEATURES = 0xef,
    CMD_READ_MAX = 0xf8,
};

#define DEVICE_LBA 0x40

/* SET FEATURES */
#define FEATURE_WRITE_CACHE_ON  0x02
#define FEATURE_TRANSFER_MODE   0x03
#define FEATURE_LOOK_AHEAD_OFF  0x55
#define FEATURE_DEFAULTS_OFF    0x66
#define FEATURE_WRITE_CACHE_OFF 0x82
#define FEATURE_LOOK_AHEAD_ON   0xaa
#define FEATURE_DEFAULTS_ON     0xcc

/* How a command moves data. */
#define HOW_WRITE    1
#define HOW_EXT      2
#define HOW_MULTIPLE 4
#define HOW_DMA      8
#define HOW_VERIFY   16
#define HOW_DATA     32

static const uint8_t how_table[256] = {
    [CMD_READ] = HOW_DATA,
    [CMD_READ_ONCE] = HOW_DATA,
    [CMD_READ_EXT] = HOW_DATA | HOW_EXT,
    [CMD_READ_DMA_EXT] = HOW_DATA | HOW_EXT | HOW_DMA,
    [CMD_READ_MULTIPLE_EXT] = HOW_DATA | HOW_EXT | HOW_MULTIPLE,
    [CMD_WRITE] = HOW_DATA | HOW_WRITE,
    [CMD_WRITE_ONCE] = HOW_DATA | HOW_WRITE,
    [CMD_WRITE_EXT] = HOW_DATA | HOW_WRITE | HOW_EXT,
    [CMD_WRITE_DMA_EXT] = HOW_DATA | HOW_WRITE | HOW_EXT | HOW_DMA,
    [CMD_WRITE_MULTIPLE_EXT] = HOW_DATA | HOW_WRITE | HOW_EXT | HOW_MULTIPLE,
    [CMD_VERIFY] = HOW_DATA | HOW_VERIFY,
    [CMD_VERIFY_EXT] = HOW_DATA | HOW_EXT | HOW_VERIFY,
    [CMD_READ_MULTIPLE] = HOW_DATA | HOW_MULTIPLE,
    [CMD_WRITE_MULTIPLE] = HOW_DATA | HOW_WRITE | HOW_MULTIPLE,
    [CMD_READ_DMA] = HOW_DATA | HOW_DMA,
    [CMD_WRITE_DMA] = HOW_DATA | HOW_WRITE | HOW_DMA,
};

/* ---- programmed I/O */

static void job(struct ata_channel *ch, enum ata_job_kind kind)
{
    ch->status = ATA_BSY | ATA_DSC;
    ch->job.kind = kind;
    ch->job.drive = ch->drive_used;
    ch->job.lba = ch->at;
    ch->job.sectors = ch->end / ATA_SECTOR;
    ch->job.nr_regions = 0;
    ch->job.buffer = ch->buffer;
}

static void next_block(struct ata_channel *ch)
{
    ch->pos = 0;
    ch->end = (ch->left < ch->block ? ch->left : ch->block) * ATA_SECTOR;
}

static void ask_for_block(struct ata_channel *ch)
{
    next_block(ch);
    ch->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
}

void ata_pio_block_over(struct ata_channel *ch)
{
    uint32_t n = ch->end / ATA_SECTOR;

    if (ch->phase == ATA_PIO_OUT) {
        job(ch, ATA_JOB_WRITE);
        return;
    }
    ch->at += n;
    ch->left -= n;
    if (ch->left) {
        next_block(ch);
        job(ch, ATA_JOB_READ);
        return;
    }
    ch->phase = ATA_IDLE;
    ch->status = ATA_DRDY | ATA_DSC;
}

static void pio_done(struct ata_channel *ch)
{
    if (ch->phase == ATA_PIO_OUT) {
        ch->at += ch->end / ATA_SECTOR;
        ch->left -= ch->end / ATA_SECTOR;
        if (!ch->left) {
            ata_finish(ch, 0);
            return;
        }
        next_block(ch);
    }
    ch->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
    ata_interrupt(ch, true);
}

void ata_command_done(struct ata_channel *ch, bool ok)
{
    if (ch->phase == ATA_DMA)
        ata_master_done(ch, ok);
    else if (!ok)
        ata_finish(ch, ch->phase == ATA_PIO_IN ? ATA_UNC : ATA_ABRT);
    else if (ch->phase == ATA_FLUSHING)
        ata_finish(ch, 0);
    else
        pio_done(ch);
}

/* ---- reading and writing */

/* The sector the task file names; the geometry for the older form is 16 heads of 63 sectors. */
static uint64_t address(const struct ata_channel *ch, bool ext)
{
    uint64_t low = ch->lba[0][0] | ch->lba[1][0] << 8 | (uint32_t)ch->lba[2][0] << 16;
    uint64_t high = ch->lba[0][1] | ch->lba[1][1] << 8 | (uint32_t)ch->lba[2][1] << 16;

    if (ext)
        return high << 24 | low;
    if (ch->device & DEVICE_LBA)
        return (uint64_t)(ch->device & 15) << 24 | low;
    if (!ch->lba[0][0])
        return ~0ull;
    return ((low >> 8) * 16 + (ch->device & 15)) * 63 + ch->lba[0][0] - 1;
}

static uint32_t sectors(const struct ata_channel *ch, bool ext)
{
    uint32_t n = ext ? ch->count[1] << 8 | ch->count[0] : ch->count[0];

    return n ? n : ext ? 65536 : 256;
}

static void transfer(struct ata_channel *ch, uint8_t how)
{
    const struct ata_drive *d = ata_selected(ch);

    ch->at = address(ch, how & HOW_EXT);
    ch->left = sectors(ch, how & HOW_EXT);
    ch->writing = how & HOW_WRITE;
    ch->block = how & HOW_MULTIPLE ? d->multiple : 1;
    if (!ch->block) {
        ata_finish(ch, ATA_ABRT);
    } else if (ch->at >= d->sectors || ch->left > d->sectors - ch->at) {
        ata_finish(ch, ATA_IDNF);
    } else if (how & HOW_VERIFY) {
        ata_finish(ch, 0);
    } else if (how & HOW_DMA) {
        ch->phase = ATA_DMA;
        ch->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
        ata_master_go(ch);
    } else if (ch->writing) {
        ch->phase = ATA_PIO_OUT;
        ask_for_block(ch);
    } else {
        ch->phase = ATA_PIO_IN;
        next_block(ch);
        job(ch, ATA_JOB_READ);
    }
}

/* ---- the others */

static void flush(struct ata_channel *ch)
{
    ch->phase = ATA_FLUSHING;
    ch->end = 0;
    job(ch, ATA_JOB_FLUSH);
}

static void identify(struct ata_channel *ch)
{
    ch->phase = ATA_PIO_IN;
    ch->left = ch->block = 1;
    ask_for_block(ch);
    ata_identify(ch);
    ata_interrupt(ch, true);
}

static void set_multiple(struct ata_channel *ch)
{
    uint8_t n = ch->count[0];
    bool good = n <= ATA_BLOCK_SECTORS && !(n & (n - 1));

    if (good)
        ata_selected(ch)->multiple = n;
    ata_finish(ch, good ? 0 : ATA_ABRT);
}

static bool feature_known(uint8_t feature)
{
    switch (feature) {
    case FEATURE_WRITE_CACHE_ON:
    case FEATURE_TRANSFER_MODE: /* any speed is as good as another */
    case FEATURE_LOOK_AHEAD_OFF:
    case FEATURE_DEFAULTS_OFF:
    case FEATURE_WRITE_CACHE_OFF:
    case FEATURE_LOOK_AHEAD_ON:
    case FEATURE_DEFAULTS_ON:
        return true;
    }
    return false;
}

static void read_max(struct ata_channel *ch, bool ext)
{
    uint64_t max = ata_selected(ch)->sectors - 1;

    if (!ext && max > 0x0fffffff)
        max = 0x0fffffff;
    for (unsigned int i = 0; i < 3; i++) {
        ch->lba[i][0] = (uint8_t)(max >> 8 * i);
        ch->lba[i][1] = (uint8_t)(max >> (24 + 8 * i));
    }
    if (!ext)
        ch->device = (uint8_t)((ch->device & 0x50) | (max >> 24 & 15));
    ata_finish(ch, 0);
}

static void diagnostic(struct ata_channel *ch)
{
    ch->device = 0;
    ch->count[0] = ch->lba[0][0] = 1;
    ch->lba[1][0] = ch->lba[2][0] = 0;
    ata_finish(ch, 0);
    ch->error = 1;
}

static void other(struct ata_channel *ch, uint8_t command)
{
    switch (command) {
    case CMD_IDENTIFY:
        identify(ch);
        break;
    case CMD_FLUSH:
    case CMD_FLUSH_EXT:
        flush(ch);
        break;
    case CMD_SET_MULTIPLE:
        set_multiple(ch);
        break;
    case CMD_SET_FEATURES:
        ata_finish(ch, feature_known(ch->feature[0]) ? 0 : ATA_ABRT);
        break;
    case CMD_READ_MAX:
    case CMD_READ_MAX_EXT:
        read_max(ch, command == CMD_READ_MAX_EXT);
        break;
    case CMD_CHECK_POWER:
        ch->count[0] = 0xff; /* active */
        ata_finish(ch, 0);
        break;
    case CMD_PARAMETERS:
    case CMD_STANDBY_NOW:
    case CMD_IDLE_NOW:
    case CMD_STANDBY:
    case CMD_IDLE:
        ata_finish(ch, 0);
        break;
    default:
        ata_finish(ch, (command & 0xf0) == CMD_RECALIBRATE ? 0 : ATA_ABRT);
    }
}

void ata_command(struct ata_channel *ch, uint8_t command)
{
    uint8_t how = how_table[command];

    if (command == CMD_DIAGNOSTIC && (ch->drive[0].present || ch->drive[1].present)) {
        diagnostic(ch);
        return;
    }
    if (!ata_selected(ch)->present)
        return;
    ch->drive_used = ch->device >> 4 & 1;
    ch->error = 0;
    if (how & HOW_DATA)
        transfer(ch, how);
    else
        other(ch, command);
}
