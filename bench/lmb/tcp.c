/* SPDX-License-Identifier: MIT */
/* TCP to oneself: a byte there and back, and 64 KiB at a time. The other end is a process of its
 * own. */
#include "lmb.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE 65536u

static char buffer[PIECE];
static int connection;
static pid_t peer;

static void receive(int fd, size_t bytes)
{
    while (bytes) {
        ssize_t got = read(fd, buffer, bytes < PIECE ? bytes : PIECE);

        if (got <= 0)
            _exit(0); /* the measuring process has ended the connection */
        bytes -= (size_t)got;
    }
}

static void send_all(int fd, size_t bytes)
{
    while (bytes) {
        ssize_t did = write(fd, buffer, bytes < PIECE ? bytes : PIECE);

        if (did <= 0)
            lmb_die("TCP");
        bytes -= (size_t)did;
    }
}

/* The peer: answers each `bytes` with one. */
static void answer(int listener, size_t bytes)
{
    int fd = accept(listener, NULL, NULL), yes = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    for (;;) {
        receive(fd, bytes);
        send_all(fd, 1);
    }
}

static void tcp_begin(const struct row *row)
{
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(me);
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

    if (listener < 0 || bind(listener, (struct sockaddr *)&me, size) != 0 ||
        listen(listener, 1) != 0 || getsockname(listener, (struct sockaddr *)&me, &size) != 0)
        lmb_die("TCP");
    peer = fork();
    if (peer == 0)
        answer(listener, row->bytes);
    connection = socket(AF_INET, SOCK_STREAM, 0);
    if (peer < 0 || connection < 0 || connect(connection, (struct sockaddr *)&me, size) != 0)
        lmb_die("connect");
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    close(listener);
}

static void tcp_batch(const struct row *row, unsigned n)
{
    while (n--) {
        send_all(connection, row->bytes);
        receive(connection, 1);
    }
}

static void tcp_end(const struct row *row)
{
    (void)row;
    kill(peer, SIGKILL);
    waitpid(peer, NULL, 0);
    close(connection);
}

#define TCP .begin = tcp_begin, .batch = tcp_batch, .end = tcp_end

const struct row tcp_rows[] = {
    {.op = "tcp_echo", .n = 16, .bytes = 1, TCP},
    {.op = "tcp_1m", .n = 1, .bytes = 1u << 20, TCP},
    {.op = NULL},
};
