/* SPDX-License-Identifier: MIT */
#include "irq.h"

static irq_handler handlers[IRQ_COUNT];
static uint64_t counts[IRQ_COUNT];

void irq_attach(enum irq irq, irq_handler handler)
{
    handlers[irq] = handler;
    pv_ops.irq.unmask(irq);
}

void irq_deliver(enum irq irq)
{
    counts[irq]++;
    if (handlers[irq])
        handlers[irq]();
}

uint64_t irq_count(enum irq irq)
{
    return *(volatile uint64_t *)&counts[irq];
}
