/* SPDX-License-Identifier: MIT */
/* Table 3, left: system calls and signals. */
#include "lmb.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SELECTED 100

static void null_call(const struct row *row, unsigned n)
{
    (void)row;
    while (n--)
        syscall(SYS_getppid);
}

/* One byte from /dev/zero and one to /dev/null; the figure is that of one call. */
static int zero_fd, null_fd;

static void null_io_begin(const struct row *row)
{
    (void)row;
    zero_fd = open("/dev/zero", O_RDONLY);
    null_fd = open("/dev/null", O_WRONLY);
    if (zero_fd < 0 || null_fd < 0)
        lmb_die("/dev/zero and /dev/null");
}

static void null_io(const struct row *row, unsigned n)
{
    char c;

    (void)row;
    while (n--)
        if (read(zero_fd, &c, 1) != 1 || write(null_fd, &c, 1) != 1)
            lmb_die("one byte");
}

static void null_io_end(const struct row *row)
{
    (void)row;
    close(zero_fd);
    close(null_fd);
}

static const char file[] = "/tmp/lmb.file";

static void file_begin(const struct row *row)
{
    int fd = open(file, O_CREAT | O_WRONLY, 0600);

    (void)row;
    if (fd < 0)
        lmb_die(file);
    close(fd);
}

static void file_end(const struct row *row)
{
    (void)row;
    unlink(file);
}

static void stat_batch(const struct row *row, unsigned n)
{
    struct stat st;

    (void)row;
    while (n--)
        if (stat(file, &st) != 0)
            lmb_die(file);
}

static void open_close(const struct row *row, unsigned n)
{
    (void)row;
    while (n--)
        if (close(open(file, O_RDONLY)) != 0)
            lmb_die(file);
}

/* Connections to ourselves of which nothing comes. */
static int listener, first[SELECTED], second[SELECTED];
static fd_set connected;
static int highest;

static void select_begin(const struct row *row)
{
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(me);

    (void)row;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&me, size) != 0 ||
        listen(listener, SELECTED) != 0 ||
        getsockname(listener, (struct sockaddr *)&me, &size) != 0)
        lmb_die("TCP");
    FD_ZERO(&connected);
    for (int i = 0; i < SELECTED; i++) {
        first[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (first[i] < 0 || connect(first[i], (struct sockaddr *)&me, sizeof(me)) != 0)
            lmb_die("connect");
        second[i] = accept(listener, NULL, NULL);
        FD_SET(first[i], &connected);
        highest = first[i];
    }
}

static void select_batch(const struct row *row, unsigned n)
{
    (void)row;
    while (n--) {
        fd_set set = connected;
        struct timeval none = {0, 0};

        if (select(highest + 1, &set, NULL, NULL, &none) != 0)
            lmb_die("select");
    }
}

static void select_end(const struct row *row)
{
    (void)row;
    for (int i = 0; i < SELECTED; i++) {
        close(first[i]);
        close(second[i]);
    }
    close(listener);
}

static void handler(int signal)
{
    (void)signal;
}

static void signal_install(const struct row *row, unsigned n)
{
    struct sigaction action = {.sa_handler = handler};

    (void)row;
    while (n--)
        sigaction(SIGUSR1, &action, NULL);
}

static void signal_begin(const struct row *row)
{
    signal_install(row, 1);
}

static void signal_handle(const struct row *row, unsigned n)
{
    pid_t me = getpid();

    (void)row;
    while (n--)
        kill(me, SIGUSR1);
}

const struct row syscall_rows[] = {
    {.op = "null_call", .n = 500, .batch = null_call},
    {.op = "null_io",
     .n = 200,
     .per = 2,
     .begin = null_io_begin,
     .batch = null_io,
     .end = null_io_end},
    {.op = "stat", .n = 200, .begin = file_begin, .batch = stat_batch, .end = file_end},
    {.op = "open_close", .n = 100, .begin = file_begin, .batch = open_close, .end = file_end},
    {.op = "select_tcp", .n = 20, .begin = select_begin, .batch = select_batch, .end = select_end},
    {.op = "signal_install", .n = 500, .batch = signal_install},
    {.op = "signal_handle", .n = 200, .begin = signal_begin, .batch = signal_handle},
    {.op = NULL},
};
