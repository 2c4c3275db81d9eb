/* SPDX-License-Identifier: MIT */
/* What hv-stub says of its domains. */
#ifndef HVCTL_DOMAINS_H
#define HVCTL_DOMAINS_H

#include "link.h"

#define MAX_DOMAINS 32

struct domain {
    unsigned int id, vcpus, online, weight;
    char name[32], kind[8], state[16];
    unsigned long pages, max_pages, cpu_ns;
    bool released; /* ended, and its memory was given back */
};

struct domains {
    unsigned int n;
    struct domain d[MAX_DOMAINS];
};

/* Ask for all. HVCTL_OK, or a status after complaining. */
enum hvctl_status domains_get(struct domains *all);

/* The domain that @who names by number or name; NULL: none. Of two with a name, who still runs. */
const struct domain *domains_find(const struct domains *all, const char *who);

/* Print them: a table, or a JSON array. */
void domains_print(const struct domains *all);
void domains_print_json(const struct domains *all);

#endif
