/* SPDX-License-Identifier: MIT */
/* Domains, private to core/. */
#ifndef CORE_DOMAIN_H
#define CORE_DOMAIN_H

#include "hv.h"

/* How it ended, in one word: "poweroff", "reboot", "suspend", "crash", "watchdog", "soft-reset",
 * "destroyed", or "running". */
const char *domain_end_name(const struct domain *d);
/* Has it ended for good? */
bool domain_ended(const struct domain *d);

/* End it from outside, without asking it. Counts as a power-off. */
void domain_destroy(struct domain *d);
/* stats.c: what was counted of d, as one JSON object, in pieces. reap_lock is held. */
void stats_domain(const struct domain *d, void (*to)(const char *text));

/* ---- restart.c */
/* A domain that cannot live must not take all of a CPU for being built: from one start to the next,
 * at least. And who still looked at it when its memory went has left after a moment. */
#define RESTART_NS        1000000000ull
#define RESTART_MOMENT_NS 50000000ull
/* What is to be done about d, which has ended. */
enum end_action domain_end_action(const struct domain *d);
bool domain_ended_badly(const struct domain *d);
/* All is given back: build it anew, unless others still hold some of it or it is too early. True if
 * there is more to do at once. */
bool domain_restart(struct domain *d);

/* While a domain is given back a busy CPU takes its turn at that so often. */
#define REAP_TURN_NS 2000000ull
/* One CPU reaps, and it alone ends the machine, with this held. Taken with no other lock. */
extern spinlock_t reap_lock;

#endif
