/* SPDX-License-Identifier: MIT */
/* Text for the console ring, of guests that have nothing else. */
#ifndef GUEST_RING_H
#define GUEST_RING_H

#include <pvkit/hypercall.h>

#define DIGITS_ROOM 24

/* The ring and its event channel; before anything else here. */
void ring_open(void *ring, evtchn_port_t port);
/* Waits for room where there is none; the other side hears of whole lines, or all if it is slow. */
void ring_print(const char *s);
/* Until all is taken, or for so long that nobody takes it. */
void ring_flush(void);
/* v in this base, in room of the caller's: where its digits begin. */
const char *digits(uint64_t v, unsigned base, char room[DIGITS_ROOM]);

#endif
