/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <xen/io/console.h>

#define FLUSH_TRIES 100000

static volatile struct xencons_interface *ring;
static evtchn_port_t ring_port;

void ring_open(void *r, evtchn_port_t port)
{
    ring = r;
    ring_port = port;
}

static void put(char c)
{
    while (ring->out_prod - ring->out_cons >= sizeof(ring->out)) {
        hypercall_evtchn_send(ring_port);
        hypercall_sched_yield();
    }
    ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = c;
    __asm__ volatile("" ::: "memory");
    ring->out_prod++;
    if (c == '\n')
        hypercall_evtchn_send(ring_port);
}

void ring_print(const char *s)
{
    for (; *s; s++)
        put(*s);
}

void ring_flush(void)
{
    hypercall_evtchn_send(ring_port);
    for (unsigned i = 0; i < FLUSH_TRIES && ring->out_prod != ring->out_cons; i++)
        hypercall_sched_yield();
}

const char *digits(uint64_t v, unsigned base, char room[DIGITS_ROOM])
{
    char *p = room + DIGITS_ROOM - 1;

    *p = 0;
    do
        *--p = "0123456789abcdef"[v % base];
    while (v /= base);
    return p;
}
