/* SPDX-License-Identifier: MIT */
/* Native irq group: a pair of 8259s and the interrupt flag. */
#include "native.h"
#include "cpu.h"
#include "hw.h"
#include "irq.h"

static const int8_t lines[IRQ_COUNT] = {
    [IRQ_TIMER] = PIT_IRQ,
    [IRQ_CONSOLE] = UART_IRQ,
    [IRQ_SELF] = -1,
};

void native_irq_init(void)
{
    pic_init(TRAP_IRQ);
}

void native_irq_unmask(enum irq irq)
{
    if (lines[irq] >= 0)
        pic_unmask(lines[irq]);
}

void native_irq_mask(enum irq irq)
{
    if (lines[irq] >= 0)
        pic_mask(lines[irq]);
}

bool native_irq_pending(enum irq irq)
{
    return lines[irq] >= 0 && pic_pending(lines[irq]);
}

bool native_irq_raise(void)
{
    return false;
}

void native_irq_disable(void)
{
    asm volatile("cli" ::: "memory");
}

void native_irq_enable(void)
{
    asm volatile("sti" ::: "memory");
}

bool native_irq_enabled(void)
{
    uint64_t flags;

    asm volatile("pushfq; pop %0" : "=r"(flags)::"memory");
    return flags & RFLAGS_IF;
}

/* sti takes effect after the next instruction: nothing can slip in before the hlt. */
void native_irq_halt(void)
{
    asm volatile("sti; hlt" ::: "memory");
}

void native_irq(struct regs *regs)
{
    unsigned line = regs->vector - TRAP_IRQ;

    if (pic_is_real(line)) {
        pic_eoi(line);
        for (unsigned irq = 0; irq < IRQ_COUNT; irq++)
            if (lines[irq] == (int)line && (irq != IRQ_TIMER || native_time_due()))
                irq_deliver(irq);
        pic_deliver(line);
    }
    trap_leave(regs);
}
