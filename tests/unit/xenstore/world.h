/* SPDX-License-Identifier: MIT */
/* The store on a host: domains that are no more than a ring, memory from malloc(). */
#ifndef WORLD_H
#define WORLD_H

#include "xs.h"

/* Fresh store with domains 1 to n started. */
void world_start(unsigned n);
/* End the domains; true if all memory was given back. */
bool world_end(void);
struct xenstore_domain_interface *world_ring(unsigned id);
/* The domain sends an event; then timers run until none is set. */
void world_kick(unsigned id);
/* A request of domain 0 on the wire's terms: as if it had a ring. */
void world_hv_request(struct xenstore_domain_interface *r);

extern unsigned world_notified[HV_MAX_DOMAINS]; /* events to the domain */
extern unsigned world_timer_runs;
extern size_t world_memory;       /* of the store */
extern unsigned world_fail_after; /* let allocations fail after so many; 0: never */
extern uint64_t world_slow_ns;    /* pass each time somebody looks at the clock */

/* ---- a guest's side of its ring */
void guest_put(unsigned id, const void *p, uint32_t n); /* as much as fits must fit */
void guest_send(unsigned id, uint32_t type, uint32_t tx, const char *body, uint32_t len);
/* The next message, body ended by a 0 of our own; type XS_INVALID if there is none. */
struct xsd_sockmsg guest_receive(unsigned id, char *body);
/* Request and reply; events are dropped. Returns the type, body as above. */
uint32_t guest_ask(unsigned id, uint32_t type, uint32_t tx, const char *body, uint32_t len,
                   char *reply);
/* The same for one string; the reply must be `expected`. */
void guest_expect(unsigned id, uint32_t type, const char *arg, const char *expected);

#endif
