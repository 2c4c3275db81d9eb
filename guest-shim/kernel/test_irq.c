/* SPDX-License-Identifier: MIT */
/* Masking, pending interrupts, and interrupts by software. */
#include "cpu.h"
#include "irq.h"
#include "selftest.h"
#include "timer.h"

/* Arm the timer, whose interrupt must be held back, until it is due and pending. */
static bool timer_becomes_pending(void)
{
    uint64_t start = pv_ops.time.now(), due, now;

    pv_ops.time.set_oneshot(NS_PER_MS);
    due = pv_ops.time.now() + NS_PER_MS;
    while ((now = pv_ops.time.now()) < start + TEST_WAIT_NS) {
        if (now >= due && pv_ops.irq.pending(IRQ_TIMER))
            return true;
        cpu_pause();
    }
    return false;
}

static enum outcome irq_flag(void)
{
    bool on;

    EXPECT(pv_ops.irq.enabled(), "interrupts are off");
    on = irq_save();
    EXPECT(on && !pv_ops.irq.enabled(), "still on after save");
    EXPECT(!irq_save(), "nested save says they were on");
    irq_restore(false);
    EXPECT(!pv_ops.irq.enabled(), "inner restore switched them on");
    irq_restore(on);
    EXPECT(pv_ops.irq.enabled(), "outer restore left them off");
    return TEST_OK;
}

/* With interrupts off an event stays pending, and arrives as soon as they are on. */
static enum outcome irq_off_keeps_pending(void)
{
    uint64_t before, early;
    bool pending;

    pv_ops.irq.disable();
    before = irq_count(IRQ_TIMER);
    pending = timer_becomes_pending();
    early = irq_count(IRQ_TIMER) - before;
    pv_ops.irq.enable();
    EXPECT(pending, "not pending");
    EXPECT(early == 0, "delivered while off");
    EXPECT(irq_count(IRQ_TIMER) == before + 1, "delivered %lu times after enabling",
           irq_count(IRQ_TIMER) - before);
    return TEST_OK;
}

/* The same for one masked source while interrupts are on. */
static enum outcome irq_mask_keeps_pending(void)
{
    uint64_t before, early;
    bool pending;

    pv_ops.irq.mask(IRQ_TIMER);
    before = irq_count(IRQ_TIMER);
    pending = timer_becomes_pending();
    early = irq_count(IRQ_TIMER) - before;
    pv_ops.irq.unmask(IRQ_TIMER);
    EXPECT(pending, "not pending");
    EXPECT(early == 0, "a masked interrupt was delivered");
    EXPECT(irq_count(IRQ_TIMER) == before + 1, "not delivered at unmask");
    return TEST_OK;
}

static volatile bool off_in_handler;

static void on_self(void)
{
    off_in_handler = !pv_ops.irq.enabled();
}

static enum outcome irq_self(void)
{
    uint64_t before;

    irq_attach(IRQ_SELF, on_self);
    before = irq_count(IRQ_SELF);
    if (!pv_ops.irq.raise())
        return test_skip("no software interrupt here");
    EXPECT(irq_count(IRQ_SELF) == before + 1, "not delivered at once");
    EXPECT(off_in_handler, "interrupts are on in the handler");
    pv_ops.irq.disable();
    for (unsigned i = 0; i < 3; i++)
        pv_ops.irq.raise();
    EXPECT(irq_count(IRQ_SELF) == before + 1, "delivered while off");
    pv_ops.irq.enable();
    EXPECT(irq_count(IRQ_SELF) == before + 2, "three while off arrived as %lu",
           irq_count(IRQ_SELF) - before - 1);
    return TEST_OK;
}

/* An interrupt that is already pending ends a halt at once, and halt enables interrupts. */
static enum outcome irq_halt_pending(void)
{
    uint64_t before = irq_count(IRQ_TIMER);
    bool pending;

    pv_ops.irq.disable();
    pending = timer_becomes_pending();
    if (pending)
        pv_ops.irq.halt();
    else
        pv_ops.irq.enable();
    EXPECT(pending, "not pending");
    EXPECT(irq_count(IRQ_TIMER) == before + 1, "the pending interrupt was lost");
    EXPECT(pv_ops.irq.enabled(), "halt left interrupts off");
    return TEST_OK;
}

const struct test irq_tests[] = {
    {"irq_flag", irq_flag},
    {"irq_off_keeps_pending", irq_off_keeps_pending},
    {"irq_mask_keeps_pending", irq_mask_keeps_pending},
    {"irq_self", irq_self},
    {"irq_halt_pending", irq_halt_pending},
    {NULL, NULL},
};
