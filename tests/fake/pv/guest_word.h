/* SPDX-License-Identifier: MIT */
/* Words of the guest by way of fake_arg, in place of the processor's own faults. */
#ifndef FAKE_PV_GUEST_WORD_H
#define FAKE_PV_GUEST_WORD_H

#include "hv.h"

/* Addresses that are not the guest's cannot be read here. */
static inline bool guest_range_ok(uint64_t va, uint64_t n)
{
    return true;
}

static inline bool guest_get(uint64_t va, uint64_t *word)
{
    return !guest_read(word, GVA(va), sizeof(*word));
}

#endif
