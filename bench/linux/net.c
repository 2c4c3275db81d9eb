/* SPDX-License-Identifier: MIT */
/*
 * Network rows. A connection asks the server for a service with its first byte: 'e' each byte
 * comes back; 's' bytes are swallowed, and after as many as were asked for (a number before each
 * batch) one comes back; 'r' as many as asked for come.
 *
 * So a batch ends when the other side has everything, and connections live for a row, not for a
 * batch.
 */
#include "io.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 7000

static char buffer[65536];

static int dial(const char *address, char service)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

    inet_pton(AF_INET, address, &to.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        io_die(address);
    if (service == 'e')
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (write(fd, &service, 1) != 1)
        io_die(address);
    return fd;
}

/* All n bytes; 0: the other side ended. */
static int receive(int fd, void *to, size_t n)
{
    char *p = to;

    while (n) {
        ssize_t got = read(fd, p, n);

        if (got <= 0)
            return 0;
        p += got;
        n -= (size_t)got;
    }
    return 1;
}

/* In pieces of whatever comes; 0: the other side ended. */
static int swallow(int fd, uint64_t n)
{
    while (n) {
        ssize_t got = read(fd, buffer, n < sizeof(buffer) ? n : sizeof(buffer));

        if (got <= 0)
            return 0;
        n -= (uint64_t)got;
    }
    return 1;
}

static int produce(int fd, uint64_t n, size_t piece)
{
    while (n) {
        ssize_t did = write(fd, buffer, n < piece ? n : piece);

        if (did <= 0)
            return 0;
        n -= (uint64_t)did;
    }
    return 1;
}

/* ---- the client */

struct row {
    const char *op;
    char service;
    unsigned bytes, n;
    int fd;
};

static void echo(void *arg, unsigned n)
{
    struct row *r = arg;
    char c = 'x';

    while (n--)
        if (write(r->fd, &c, 1) != 1 || read(r->fd, &c, 1) != 1)
            io_die(r->op);
}

static void stream(void *arg, unsigned n)
{
    struct row *r = arg;
    uint64_t all = (uint64_t)n * r->bytes;
    char c;

    if (write(r->fd, &all, sizeof(all)) != sizeof(all))
        io_die(r->op);
    if (r->service == 'r' ? !swallow(r->fd, all)
                          : !produce(r->fd, all, r->bytes) || read(r->fd, &c, 1) != 1)
        io_die(r->op);
}

void io_net(const char *address)
{
    static struct row table[] = {
        {"net_echo_1", 'e', 1, 48, 0},           {"net_stream_64", 's', 64, 2048, 0},
        {"net_stream_1500", 's', 1500, 1024, 0}, {"net_stream_64k", 's', 65536, 32, 0},
        {"net_receive_64k", 'r', 65536, 32, 0},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct row *r = &table[i];

        if (!io_wanted(r->op))
            continue;
        r->fd = dial(address, r->service);
        io_measure(r->op, r->service == 'e' ? echo : stream, r, r->n, r->bytes);
        close(r->fd);
    }
}

/* ---- the server */

static void serve(int fd)
{
    char service = 0, c;
    uint64_t n;
    int on = read(fd, &service, 1) == 1;

    if (service == 'e')
        while (on && read(fd, &c, 1) == 1)
            on = write(fd, &c, 1) == 1;
    else
        while (on && receive(fd, &n, sizeof(n)))
            on = service == 'r' ? produce(fd, n, sizeof(buffer))
                                : swallow(fd, n) && write(fd, "x", 1) == 1;
    close(fd);
}

void io_serve(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int s = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

    signal(SIGPIPE, SIG_IGN);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(s, (struct sockaddr *)&any, sizeof(any)) != 0 || listen(s, 4) != 0)
        io_die("bind");
    for (;;) {
        int fd = accept(s, NULL, NULL);

        if (fd < 0)
            io_die("accept");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        serve(fd);
    }
}
