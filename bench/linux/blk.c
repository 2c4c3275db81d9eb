/* SPDX-License-Identifier: MIT */
/* Block rows: O_DIRECT; one at a time by pread and pwrite, several by Linux's native AIO. */
#include "io.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEPTH   32
#define LARGEST (1u << 20)

struct op {
    const char *name;
    bool write;
    uint32_t bytes;
    unsigned depth;
    bool random;
    unsigned n; /* in a batch */
};

struct blk {
    const struct op *op;
    int fd;
    uint64_t span, at, seed;
    aio_context_t aio;
    uint8_t *buffer;
};

static int64_t place(struct blk *b)
{
    uint64_t at;

    if (b->op->random) {
        b->seed = b->seed * 6364136223846793005 + 1442695040888963407;
        return (int64_t)((b->seed >> 20) % (b->span / b->op->bytes) * b->op->bytes);
    }
    at = b->at + b->op->bytes > b->span ? 0 : b->at;
    b->at = at + b->op->bytes;
    return (int64_t)at;
}

static void one_by_one(void *arg, unsigned n)
{
    struct blk *b = arg;
    uint32_t bytes = b->op->bytes;

    while (n--) {
        ssize_t did = b->op->write ? pwrite(b->fd, b->buffer, bytes, place(b))
                                   : pread(b->fd, b->buffer, bytes, place(b));

        if (did != (ssize_t)bytes)
            io_die(b->op->name);
    }
}

static void submit(struct blk *b, unsigned slot)
{
    struct iocb cb = {0}, *list = &cb;

    cb.aio_fildes = (uint32_t)b->fd;
    cb.aio_lio_opcode = b->op->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
    cb.aio_buf = (uintptr_t)(b->buffer + (size_t)slot * b->op->bytes);
    cb.aio_nbytes = b->op->bytes;
    cb.aio_offset = place(b);
    cb.aio_data = slot;
    if (syscall(SYS_io_submit, b->aio, 1, &list) != 1)
        io_die("io_submit");
}

static void many(void *arg, unsigned n)
{
    struct blk *b = arg;
    unsigned started = 0, ended = 0;

    while (started < b->op->depth && started < n)
        submit(b, started++);
    while (ended < n) {
        struct io_event e[DEPTH];
        long got = syscall(SYS_io_getevents, b->aio, 1, DEPTH, e, NULL);

        if (got < 1)
            io_die("io_getevents");
        for (long i = 0; i < got; i++, ended++) {
            if (e[i].res != b->op->bytes)
                io_die(b->op->name);
            if (started < n) {
                submit(b, (unsigned)e[i].data);
                started++;
            }
        }
    }
}

void io_blk(const char *device)
{
    static const struct op table[] = {
        {"blk_read4k_qd1", false, 4096, 1, true, 48},
        {"blk_write4k_qd1", true, 4096, 1, true, 48},
        {"blk_read4k_qd32", false, 4096, DEPTH, true, 256},
        {"blk_write4k_qd32", true, 4096, DEPTH, true, 256},
        {"blk_read64k", false, 65536, 4, false, 32},
        {"blk_write64k", true, 65536, 4, false, 32},
        {"blk_read1m", false, LARGEST, 1, false, 4},
        {"blk_write1m", true, LARGEST, 1, false, 4},
    };
    struct blk b = {.fd = open(device, O_RDWR | O_DIRECT), .buffer = aligned_alloc(4096, LARGEST)};

    if (b.fd < 0 || ioctl(b.fd, BLKGETSIZE64, &b.span) != 0)
        io_die(device);
    if (!b.buffer || syscall(SYS_io_setup, DEPTH, &b.aio) != 0)
        io_die("io_setup");
    memset(b.buffer, 0x5a, LARGEST);
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        b.op = &table[i];
        io_measure(b.op->name, b.op->depth == 1 ? one_by_one : many, &b, b.op->n, b.op->bytes);
    }
}
