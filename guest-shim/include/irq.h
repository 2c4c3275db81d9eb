/* SPDX-License-Identifier: MIT */
/* Interrupts as the shared kernel sees them: a handler per source, and counters. */
#ifndef SHIM_IRQ_H
#define SHIM_IRQ_H

#include "pv_ops.h"

typedef void (*irq_handler)(void);

/* Install a handler and let the interrupt in. Handlers run with interrupts off. */
void irq_attach(enum irq irq, irq_handler handler);

/* Called by the variant's entry code for each interrupt that arrived. */
void irq_deliver(enum irq irq);

/* How often `irq` was delivered since boot. */
uint64_t irq_count(enum irq irq);

/* Interrupts off, returning whether they were on; and back to that. */
static inline bool irq_save(void)
{
    bool on = pv_ops.irq.enabled();

    pv_ops.irq.disable();
    return on;
}

static inline void irq_restore(bool on)
{
    if (on)
        pv_ops.irq.enable();
}

#endif
