/* SPDX-License-Identifier: MIT */
/* The fake machine's parts of struct domain and struct vcpu: what tests want to see happen. */
#ifndef FAKE_ARCH_TYPES_H
#define FAKE_ARCH_TYPES_H

#include "hv_types.h"

struct arch_vcpu {
    struct cpu_user_regs frame;
    unsigned contexts;   /* arch_vcpu_set_context() calls that succeeded */
    unsigned nmis;       /* arch_vcpu_send_nmi() */
    unsigned info_moves; /* arch_vcpu_info_moved() */
    uint64_t result;     /* arch_vcpu_set_result() */
    unsigned upcalls;    /* arch_upcall_raised() */
};

struct arch_domain {
    unsigned releases; /* arch_domain_release() */
};

#endif
