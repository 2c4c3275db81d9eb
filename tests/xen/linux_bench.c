/* SPDX-License-Identifier: MIT */
/*
 * linux_bench blk DEVICE | net ADDRESS | serve: what block requests and packets cost a stock Linux
 * guest. The operations and the BENCH lines are those of the shim's blkbench and netbench, so that
 * one guest nobody here wrote can be compared on hv-stub and on Xen. `serve` is the other end of
 * `net`.
 *
 * Linux's native AIO with O_DIRECT; UDP for the round trip, TCP for the streams.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 4
#define DEPTH   32
#define PORT    7000

static void die(const char *what)
{
    fprintf(stderr, "linux_bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- the measure */

struct cost {
    uint64_t ticks, ns;
};

static struct cost now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (struct cost){__builtin_ia32_rdtsc(), (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec};
}

/* Run the batch a few times; report the cheapest, per operation. */
static void measure(const char *op, void (*batch)(void *, unsigned), void *arg, unsigned n,
                    unsigned bytes)
{
    struct cost best = {~0UL, ~0UL};

    for (int i = 0; i < BATCHES; i++) {
        struct cost begin = now(), end;

        batch(arg, n);
        end = now();
        if (end.ns - begin.ns < best.ns)
            best = (struct cost){end.ticks - begin.ticks, end.ns - begin.ns};
    }
    printf(
        "BENCH {\"op\":\"%s\",\"n\":%u,\"instructions\":%.3f,\"events\":null,\"hypercalls\":null,"
        "\"bytes\":%u,\"ns\":%.3f}\n",
        op, n, (double)best.ticks / n, bytes, (double)best.ns / n);
    fflush(stdout);
}

/* ---- block */

struct blk_op {
    const char *name;
    bool write;
    uint32_t bytes;
    unsigned depth;
    bool random;
    unsigned n;
};

struct blk {
    const struct blk_op *op;
    int fd;
    uint64_t span, at, seed;
    aio_context_t aio;
    uint8_t *buffer;
};

static void submit(struct blk *b, unsigned slot)
{
    struct iocb cb = {0}, *list = &cb;

    if (b->op->random) {
        b->seed = b->seed * 6364136223846793005 + 1442695040888963407;
        b->at = (b->seed >> 20) % (b->span / b->op->bytes) * b->op->bytes;
    } else if (b->at + b->op->bytes > b->span) {
        b->at = 0;
    }
    cb.aio_fildes = b->fd;
    cb.aio_lio_opcode = b->op->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
    cb.aio_buf = (uintptr_t)(b->buffer + (size_t)slot * b->op->bytes);
    cb.aio_nbytes = b->op->bytes;
    cb.aio_offset = (int64_t)b->at;
    cb.aio_data = slot;
    b->at += b->op->bytes;
    if (syscall(SYS_io_submit, b->aio, 1, &list) != 1)
        die("io_submit");
}

static void blk_batch(void *arg, unsigned n)
{
    struct blk *b = arg;
    unsigned started = 0, ended = 0;

    while (started < b->op->depth && started < n)
        submit(b, started++);
    while (ended < n) {
        struct io_event e[DEPTH];
        long got = syscall(SYS_io_getevents, b->aio, 1, DEPTH, e, NULL);

        if (got < 1)
            die("io_getevents");
        for (long i = 0; i < got; i++, ended++) {
            if (e[i].res != b->op->bytes)
                die("a request failed");
            if (started < n) {
                submit(b, (unsigned)e[i].data);
                started++;
            }
        }
    }
}

static void bench_blk(const char *device)
{
    static const struct blk_op table[] = {
        {"blk_read4k_qd1", false, 4096, 1, true, 256},
        {"blk_write4k_qd1", true, 4096, 1, true, 256},
        {"blk_read4k_qd32", false, 4096, 32, true, 1024},
        {"blk_write4k_qd32", true, 4096, 32, true, 1024},
        {"blk_read64k", false, 65536, 4, false, 64},
        {"blk_write64k", true, 65536, 4, false, 64},
        {"blk_read1m", false, 1 << 20, 1, false, 8},
        {"blk_write1m", true, 1 << 20, 1, false, 8},
    };
    int fd = open(device, O_RDWR | O_DIRECT);
    aio_context_t aio = 0;
    uint8_t *buffer = aligned_alloc(4096, 1 << 20);
    uint64_t span;

    if (fd < 0 || ioctl(fd, BLKGETSIZE64, &span) != 0)
        die(device);
    if (!buffer || syscall(SYS_io_setup, DEPTH, &aio) != 0)
        die("io_setup");
    memset(buffer, 0x5a, 1 << 20);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct blk b = {.op = &table[i], .fd = fd, .span = span, .aio = aio, .buffer = buffer};

        measure(b.op->name, blk_batch, &b, b.op->n, b.op->bytes);
    }
}

/* ---- net: the first byte of a TCP connection asks the server to swallow ('s') or to send ('r') */

static int dial(const char *address, int type)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = socket(AF_INET, type, 0);

    inet_pton(AF_INET, address, &to.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die(address);
    return fd;
}

static void ping_batch(void *arg, unsigned n)
{
    char c = 'x';

    for (unsigned i = 0; i < n; i++)
        if (send(*(int *)arg, &c, 1, 0) != 1 || recv(*(int *)arg, &c, 1, 0) != 1)
            die("ping");
}

struct stream {
    const char *op;
    char way; /* as the server is asked: 's' we send, 'r' we receive */
    unsigned bytes, n;
    const char *address;
};

/* A receiver counts bytes; a sender waits for the server's word that it has all. */
static void stream_batch(void *arg, unsigned n)
{
    static char buffer[65536];
    struct stream *s = arg;
    int fd = dial(s->address, SOCK_STREAM);
    uint64_t left = (uint64_t)n * s->bytes;

    if (write(fd, &s->way, 1) != 1)
        die("stream");
    while (left != 0) {
        size_t piece = left < s->bytes ? left : s->bytes;
        ssize_t did = s->way == 's' ? write(fd, buffer, piece) : read(fd, buffer, sizeof buffer);

        if (did <= 0)
            die(s->op);
        left = (uint64_t)did < left ? left - (uint64_t)did : 0;
    }
    if (s->way == 's') {
        shutdown(fd, SHUT_WR);
        while (read(fd, buffer, sizeof buffer) > 0)
            ;
    }
    close(fd);
}

static void bench_net(const char *address)
{
    static struct stream table[] = {
        {"net_stream_64", 's', 64, 20000, NULL},
        {"net_stream_1500", 's', 1500, 5000, NULL},
        {"net_stream_64k", 's', 65536, 256, NULL},
        {"net_receive_64k", 'r', 65536, 256, NULL},
    };
    int fd = dial(address, SOCK_DGRAM);

    measure("net_ping_1", ping_batch, &fd, 256, 1);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        table[i].address = address;
        measure(table[i].op, stream_batch, &table[i], table[i].n, table[i].bytes);
    }
}

static void serve_stream(int fd)
{
    static char buffer[65536];
    char way;

    if (read(fd, &way, 1) == 1 && way == 's')
        while (read(fd, buffer, sizeof buffer) > 0)
            ;
    else
        while (write(fd, buffer, sizeof buffer) > 0)
            ;
    close(fd);
}

static void serve(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)}, from;
    int udp = socket(AF_INET, SOCK_DGRAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0);
    struct pollfd wait[] = {{udp, POLLIN, 0}, {tcp, POLLIN, 0}};
    char byte;

    signal(SIGPIPE, SIG_IGN);
    if (bind(udp, (struct sockaddr *)&any, sizeof any) != 0 ||
        bind(tcp, (struct sockaddr *)&any, sizeof any) != 0 || listen(tcp, 4) != 0)
        die("bind");
    while (poll(wait, 2, -1) > 0) {
        socklen_t size = sizeof from;

        if (wait[0].revents && recvfrom(udp, &byte, 1, 0, (struct sockaddr *)&from, &size) == 1)
            sendto(udp, &byte, 1, 0, (struct sockaddr *)&from, size);
        if (wait[1].revents)
            serve_stream(accept(tcp, NULL, NULL));
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "serve"))
        serve();
    else if (argc == 3 && !strcmp(argv[1], "blk"))
        bench_blk(argv[2]);
    else if (argc == 3 && !strcmp(argv[1], "net"))
        bench_net(argv[2]);
    else
        return 2;
    return 0;
}
