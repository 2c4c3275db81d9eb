/* SPDX-License-Identifier: MIT */
#include "console.h"
#include "abi.h"

void pv_con_init(struct pv_con *con, void *page, void (*notify)(void *data), void *data)
{
    const struct xencons_interface *ring = page;

    *con = (struct pv_con){.page = page, .notify = notify, .data = data};
    con->out_prod = shared_load(&ring->out_prod);
    con->in_cons = shared_load(&ring->in_cons);
}

size_t pv_con_write(struct pv_con *con, const char *text, size_t len)
{
    struct xencons_interface *ring = con->page;
    uint32_t used = con->out_prod - shared_load(&ring->out_cons);
    size_t n;

    con->broken |= used > sizeof(ring->out);
    if (con->broken)
        return len;
    for (n = 0; n < len && used + n < sizeof(ring->out); n++)
        ring->out[MASK_XENCONS_IDX(con->out_prod++, ring->out)] = text[n];
    if (!n)
        return 0;
    shared_store(&ring->out_prod, con->out_prod); /* the text is there before it counts */
    con->notify(con->data);
    return n;
}

size_t pv_con_read(struct pv_con *con, char *text, size_t len)
{
    struct xencons_interface *ring = con->page;
    uint32_t avail = shared_load(&ring->in_prod) - con->in_cons;
    size_t n;

    con->broken |= avail > sizeof(ring->in);
    if (con->broken || !avail)
        return 0;
    for (n = 0; n < len && n < avail; n++)
        text[n] = ring->in[MASK_XENCONS_IDX(con->in_cons++, ring->in)];
    shared_store(&ring->in_cons, con->in_cons); /* the bytes were read before their room is free */
    con->notify(con->data);
    return n;
}
