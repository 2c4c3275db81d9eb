/* SPDX-License-Identifier: MIT */
/* Between the files of the ATA driver: registers, and a channel with the disk that is in use. */
#ifndef SHIM_HW_ATA_H
#define SHIM_HW_ATA_H

#include "disk.h"

/* Offsets from the command block; the control block's register is the channel's `control`. */
enum {
    ATA_DATA,
    ATA_ERROR,
    ATA_COUNT,
    ATA_LBA0,
    ATA_LBA1,
    ATA_LBA2,
    ATA_DRIVE,
    ATA_STATUS, /* commands are written here */
};

#define ATA_BUSY      0x80
#define ATA_FAULT     0x20
#define ATA_DRQ       0x08
#define ATA_FAILED    0x01
#define ATA_LBA_DRIVE 0xe0 /* LBA addressing; 0x10: the slave */

enum {
    ATA_READ = 0x20,
    ATA_READ_EXT = 0x24,
    ATA_READ_DMA_EXT = 0x25,
    ATA_READ_MULTIPLE_EXT = 0x29,
    ATA_WRITE = 0x30,
    ATA_WRITE_EXT = 0x34,
    ATA_WRITE_DMA_EXT = 0x35,
    ATA_WRITE_MULTIPLE_EXT = 0x39,
    ATA_READ_MULTIPLE = 0xc4,
    ATA_WRITE_MULTIPLE = 0xc5,
    ATA_SET_MULTIPLE = 0xc6,
    ATA_READ_DMA = 0xc8,
    ATA_WRITE_DMA = 0xca,
    ATA_FLUSH = 0xe7,
    ATA_FLUSH_EXT = 0xea,
    ATA_IDENTIFY = 0xec,
};

/* One entry of the table that bus-master DMA reads; no region crosses 64 KiB. */
struct ata_region {
    uint32_t address;
    uint16_t bytes; /* 0: 64 KiB */
    uint16_t end;   /* ATA_REGION_END in the last one */
};
#define ATA_REGION_END 0x8000

#define ATA_MAX_BYTES   (1U << 20)
#define ATA_MAX_REGIONS (ATA_MAX_BYTES / 65536 + 1)

enum ata_mode {
    ATA_PIO,      /* an interrupt and a string instruction per sector */
    ATA_MULTIPLE, /* per block of sectors, as long as the drive takes them */
    ATA_DMA,
};

struct ata {
    struct disk disk; /* first: its address is handed out */
    uint16_t command, control, master;
    uint8_t line;  /* ISA interrupt */
    uint8_t drive; /* ATA_LBA_DRIVE, and which one */
    enum ata_mode mode;
    bool open, dma, lba48;
    unsigned multiple;                  /* sectors per interrupt */
    struct disk_request *first, **last; /* the first one is being served once `busy` */
    bool busy;
    uint8_t *at;   /* programmed I/O: where the next block goes or comes from */
    uint32_t left; /* and how much there is from there on */
    volatile bool interrupted;
    volatile uint8_t status; /* as the interrupt handler read it */
    volatile uint8_t master_status;
    unsigned pulse; /* io_pulses() at the last look */
    struct ata_region regions[ATA_MAX_REGIONS] __attribute__((aligned(4)));
};

/* ata_dma.c: the channel's bus master. Prepare before the command, go after it. */
void ata_dma_prepare(struct ata *ata, const struct disk_request *r);
void ata_dma_go(struct ata *ata, const struct disk_request *r);
/* From the interrupt handler: false if the interrupt is not the channel's. */
bool ata_dma_acknowledge(struct ata *ata);
/* Stop after the transfer; false if the bus master met an error. */
bool ata_dma_stop(struct ata *ata);

/* ata_identify.c: find the drive and what it can do; false if there is none. Polls. */
bool ata_identify(struct ata *ata);
/* Wait until the drive is not busy; its status, or ATA_BUSY after a second. */
uint8_t ata_wait(struct ata *ata);

#endif
