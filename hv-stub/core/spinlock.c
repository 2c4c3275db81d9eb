/* SPDX-License-Identifier: MIT */
/* Ticket locks: fair, so that no CPU starves while two others pass a lock between them. */
#include "hv_types.h"
#include "hv_arch.h"

void spin_wait(spinlock_t *l, uint32_t ticket)
{
    while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket) {
        arch_spin_poll();
        arch_relax();
    }
}

bool spin_trylock(spinlock_t *l)
{
    uint32_t owner = __atomic_load_n(&l->owner, __ATOMIC_RELAXED), ticket = owner;

    return __atomic_compare_exchange_n(&l->next, &ticket, owner + 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

bool spin_is_locked(const spinlock_t *l)
{
    return __atomic_load_n(&l->next, __ATOMIC_RELAXED) !=
           __atomic_load_n(&l->owner, __ATOMIC_RELAXED);
}
