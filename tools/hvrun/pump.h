/* SPDX-License-Identifier: MIT */
/* One direction of a byte stream between two descriptors, for use in a poll() loop. */
#ifndef HVRUN_PUMP_H
#define HVRUN_PUMP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct pump {
    int from;  /* -1: nothing more to read */
    int to;    /* -1: what is read is dropped */
    bool lost; /* the reader of `to` went away */
    size_t len;
    char buf[4096]; /* PIPE_BUF: a writable pipe takes it without blocking */
};

/* Fill in what to wait for: one of the two entries is used, the other's fd becomes -1. */
void pump_prepare(const struct pump *p, struct pollfd pfd[2]);

/* Move what can be moved after poll(). */
void pump_move(struct pump *p, const struct pollfd pfd[2]);

/* Nothing left to read, nothing left to write. */
bool pump_done(const struct pump *p);

#endif
