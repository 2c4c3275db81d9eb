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

/* Domains that ended and were not given back yet; the idle path looks here first. Atomic. */
extern uint32_t domains_to_reap;
/* One CPU reaps, and it alone ends the machine, with this held. Taken with no other lock. */
extern spinlock_t reap_lock;

#endif
