/* SPDX-License-Identifier: MIT */
/* What happened between two snapshots, per second. */
#ifndef PVTOP_RATES_H
#define PVTOP_RATES_H

#include "snapshot.h"

#define NO_RATE (-1.0)

struct domain_rates {
    double cpu_percent; /* of one CPU */
    double hypercalls, exits, refused;
    double hypercall[NR_HYPERCALLS]; /* 0 where hypercalls is NO_RATE; likewise exit[] */
    double exit[MAX_EXIT_KINDS];
    uint32_t nr_vcpus;
    double *vcpu_percent;
};

struct rates {
    double seconds;      /* between the two; 0: there was no first one */
    double busy_percent; /* of all CPUs */
    uint32_t nr_domains;
    struct domain_rates *domain; /* in the order of the second one's */
};

/* NO_RATE where the first one does not have the domain, or one that has started again since. Either
 * may be NULL or empty. @r is overwritten; rates_free() gives back what it holds. */
void rates_between(const struct snapshot *from, const struct snapshot *to, struct rates *r);
void rates_free(struct rates *r);

#endif
