/* SPDX-License-Identifier: MIT */
/*
 * A console front-end, <xen/io/console.h>: two rings of bytes in a page that the toolstack has set
 * up, with a port that is there, too; so it needs nothing of port.h, and works before anything else
 * does. The caller sees to it that no two calls meet.
 */
#ifndef PVKIT_CONSOLE_H
#define PVKIT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pv_con {
    void *page;
    void (*notify)(void *data); /* raise the port's event; one hypercall */
    void *data;
    uint32_t out_prod, in_cons; /* ours; what the shared page says of them is not read again */
    bool broken;                /* the back-end's indices make no sense: output goes nowhere */
};

/* Begin where a predecessor, a kernel before this one, has left off. */
void pv_con_init(struct pv_con *con, void *page, void (*notify)(void *data), void *data);

/* Put what fits; returns how much that was: 0 if the back-end is behind. Notifies once. */
size_t pv_con_write(struct pv_con *con, const char *text, size_t len);

/* Take up to `len` bytes; returns how many. Notifies if there was something. */
size_t pv_con_read(struct pv_con *con, char *text, size_t len);

#endif
