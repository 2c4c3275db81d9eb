/* SPDX-License-Identifier: MIT */
/*
 * Table 4: processes in a ring hand each other a token through pipes, and each sums up its data
 * when it has the token. What one process alone needs for the same pipes and sums is subtracted:
 * the rest is the switch.
 */
#include "lmb.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PROCESSES 16

/* pipes[i] is what member i reads from. Member 0 is the measuring process. */
static int pipes[MAX_PROCESSES][2];
static pid_t members[MAX_PROCESSES];
static uint64_t *data;

static void sum(unsigned bytes)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < bytes / sizeof(*data); i++)
        total += data[i];
    __asm__ volatile("" : : "r"(total));
}

static bool receive(int i)
{
    char token;

    return read(pipes[i][0], &token, 1) == 1;
}

static void pass(int i)
{
    if (write(pipes[i][1], "t", 1) != 1)
        _exit(1);
}

static void member(const struct row *row, unsigned i)
{
    while (receive(i)) {
        sum(row->bytes);
        pass((i + 1) % row->processes);
    }
    _exit(0);
}

static void ring_begin(const struct row *row)
{
    data = calloc(1, row->bytes + 1);
    for (unsigned i = 0; i < row->processes; i++)
        if (pipe(pipes[i]) != 0)
            lmb_die("pipe");
    for (unsigned i = 1; i < row->processes; i++) {
        members[i] = fork();
        if (members[i] == 0) {
            for (unsigned k = 0; k < row->bytes / sizeof(*data); k++)
                data[k] = i; /* pages of one's own */
            member(row, i);
        }
    }
}

static void ring_batch(const struct row *row, unsigned n)
{
    while (n--) {
        sum(row->bytes);
        pass(1);
        if (!receive(0))
            lmb_die("the ring is broken");
    }
}

/* The pipes of all members, but with nobody to wait for. */
static void ring_alone(const struct row *row, unsigned n)
{
    while (n--)
        for (unsigned i = 0; i < row->processes; i++) {
            sum(row->bytes);
            pass(0);
            receive(0);
        }
}

static void ring_end(const struct row *row)
{
    for (unsigned i = 1; i < row->processes; i++)
        kill(members[i], SIGKILL);
    for (unsigned i = 1; i < row->processes; i++)
        waitpid(members[i], NULL, 0);
    for (unsigned i = 0; i < row->processes; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
    free(data);
}

#define RING(name, members, kib, rounds)                                                    \
    {                                                                                       \
        .op = name, .n = rounds, .per = members, .processes = members, .bytes = (kib)*1024, \
        .begin = ring_begin, .batch = ring_batch, .end = ring_end, .overhead = ring_alone   \
    }

const struct row context_rows[] = {
    RING("switch_2p_0k", 2, 0, 32),    RING("switch_2p_16k", 2, 16, 16),
    RING("switch_2p_64k", 2, 64, 8),   RING("switch_8p_0k", 8, 0, 8),
    RING("switch_8p_16k", 8, 16, 4),   RING("switch_8p_64k", 8, 64, 2),
    RING("switch_16p_0k", 16, 0, 4),   RING("switch_16p_16k", 16, 16, 2),
    RING("switch_16p_64k", 16, 64, 1), {.op = NULL},
};
