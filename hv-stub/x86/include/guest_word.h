/* SPDX-License-Identifier: MIT */
/*
 * Single words of the current PV guest's memory, for the paths where a call and a loop would cost
 * more than the access. guest_range_ok() must have been asked about the address; whether something
 * is mapped there is found out by trying. False: the access faulted.
 */
#ifndef X86_GUEST_WORD_H
#define X86_GUEST_WORD_H

#include "fixup.h"
#include "pv.h"

/* All n > 0 bytes from va on the guest's? Its addresses are one stretch if one counts from the end
 * of our slots upwards and around: up to the highest address, then from 0 to the hole. */
static inline bool guest_range_ok(uint64_t va, uint64_t n)
{
    const uint64_t size = (1ull << 47) - HYPERVISOR_VIRT_END;

    return n <= size && va - HYPERVISOR_VIRT_END <= size - n;
}

static inline bool guest_get(uint64_t va, uint64_t *word)
{
    uint64_t w;

    __asm__ goto("1: mov (%[va]), %[w]\n\t" FIXUP("1b", "%l[fault]")
                 : [w] "=r"(w)
                 : [va] "r"(va)
                 : "memory"
                 : fault);
    *word = w;
    return true;
fault:
    return false;
}

static inline bool guest_put(uint64_t va, uint64_t word)
{
    __asm__ goto("1: mov %[w], (%[va])\n\t" FIXUP("1b", "%l[fault]")
                 :
                 : [va] "r"(va), [w] "r"(word)
                 : "memory"
                 : fault);
    return true;
fault:
    return false;
}

#endif
