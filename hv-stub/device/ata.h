/* SPDX-License-Identifier: MIT */
/*
 * A channel of an ATA host adapter with up to two disks, and its half of a PIIX bus master.
 * Sources: ATA/ATAPI-6 (T13 1410D), Programming Interface for Bus Master IDE Controller 1.0, Intel
 * 290550 (82371SB).
 *
 * The media are the host's. The channel leaves what it wants done in `job`; the host looks there
 * after each call that may have set it, when it holds no lock, and answers with ata_job_done(). So
 * a job may take any time. One is there at a time.
 */
#ifndef PVKIT_DEVICE_ATA_H
#define PVKIT_DEVICE_ATA_H

#include "device.h"

#define ATA_SECTOR        512
#define ATA_BLOCK_SECTORS 16 /* READ MULTIPLE: sectors per interrupt */
#define ATA_JOB_REGIONS   64

enum ata_job_kind { ATA_JOB_NONE, ATA_JOB_READ, ATA_JOB_WRITE, ATA_JOB_FLUSH };

/* Guest-physical memory within one page of 4 KiB; a multiple of ATA_SECTOR bytes. */
struct ata_region {
    uint32_t address, bytes;
};

struct ata_job {
    enum ata_job_kind kind;
    unsigned int drive;
    uint64_t lba;
    uint32_t sectors;
    /* Where the data are: nr_regions pieces of the guest's memory, or `buffer` if that is 0. */
    struct ata_region region[ATA_JOB_REGIONS];
    unsigned int nr_regions;
    uint8_t *buffer;
};

struct ata_drive {
    bool present;
    uint64_t sectors; /* at least 1, below 2^48 */
    char serial[21];
    uint8_t multiple; /* sectors per block, 0: READ MULTIPLE is off */
};

enum ata_phase {
    ATA_IDLE,
    ATA_PIO_IN,  /* the guest reads the buffer */
    ATA_PIO_OUT, /* the guest fills it */
    ATA_DMA,
    ATA_FLUSHING,
};

/* The guest's memory, for the bus master's table and for transfers that are not made of whole
 * sectors. Where there is no memory reads find ones and writes vanish. */
struct ata_memory {
    void (*copy)(void *opaque, uint32_t address, void *buf, uint32_t n, bool to_guest);
    void *opaque;
};

struct ata_channel {
    struct ata_drive drive[2];
    struct irq_line irq;
    struct ata_memory memory;
    struct ata_job job;
    bool job_lost; /* reset or stopped while the job is under way: nobody wants its result */

    /* Task file; [1]: what was written before, for 48-bit commands */
    uint8_t feature[2], count[2], lba[3][2];
    uint8_t device, status, error, control;
    unsigned int drive_used; /* by the last command: the guest may select the other one meanwhile */
    bool interrupt;          /* asserted, unless the guest masks it */

    enum ata_phase phase;
    bool writing;
    uint64_t at;       /* next sector */
    uint32_t left;     /* sectors still to transfer, those of the buffer included */
    uint32_t block;    /* sectors per interrupt of this command */
    uint32_t pos, end; /* in buffer, of programmed I/O */
    uint8_t buffer[ATA_BLOCK_SECTORS * ATA_SECTOR];

    /* Bus master */
    uint8_t master_command, master_status;
    uint32_t table; /* as written */
    uint32_t entry; /* address of the next entry */
    uint32_t region, region_left;
    bool last_entry, master_runs, bounced;
};

#define ATA_MASTER_PORTS 8

/* Reset state, no drives. Claims 8 ports from `command` and the one at `control`. False if the bus
 * refused. */
bool dev_ata_init(struct ata_channel *ch, struct dev_bus *bus, uint16_t command, uint16_t control,
                  struct irq_line irq, struct ata_memory memory);

/* Attach a disk: before the machine runs. */
void ata_attach(struct ata_channel *ch, unsigned int drive, uint64_t sectors, const char *serial);

/* ch->job is done, and may be another one now. */
void ata_job_done(struct ata_channel *ch, bool ok);

/* Bus master registers, offsets 0..7. */
uint32_t ata_master_read(struct ata_channel *ch, unsigned int offset, unsigned int size);
void ata_master_write(struct ata_channel *ch, unsigned int offset, unsigned int size,
                      uint32_t value);

/* Move n elements of `size` bytes through the data register at once, as a string instruction
 * would. Returns how many were: the rest goes the ordinary way. */
unsigned int ata_data_read(struct ata_channel *ch, void *buf, unsigned int size, unsigned int n);
unsigned int ata_data_write(struct ata_channel *ch, const void *buf, unsigned int size,
                            unsigned int n);

/* ---- between ata.c, ata_command.c, ata_identify.c and ata_master.c */
#define ATA_ERR  0x01
#define ATA_DRQ  0x08
#define ATA_DSC  0x10
#define ATA_DRDY 0x40
#define ATA_BSY  0x80

#define ATA_ABRT 0x04
#define ATA_IDNF 0x10
#define ATA_UNC  0x40

static inline struct ata_drive *ata_selected(struct ata_channel *ch)
{
    return &ch->drive[ch->device >> 4 & 1];
}
/* Level of the interrupt line. */
void ata_interrupt(struct ata_channel *ch, bool level);
/* The command is over: with an error if not 0. */
void ata_finish(struct ata_channel *ch, uint8_t error);
/* ata_command.c */
void ata_command(struct ata_channel *ch, uint8_t command);
void ata_pio_block_over(struct ata_channel *ch); /* the guest read or filled the buffer */
void ata_command_done(struct ata_channel *ch, bool ok);
/* ata_identify.c: fill the buffer with the drive's 256 words. */
void ata_identify(struct ata_channel *ch);
/* ata_master.c: begin or go on if both the command and the bus master are ready. */
void ata_master_go(struct ata_channel *ch);
void ata_master_done(struct ata_channel *ch, bool ok);

#endif
