/* SPDX-License-Identifier: MIT */
#include "lapic.h"

#define VERSION       0x50014 /* six local vectors, an integrated APIC */
#define SVR_ENABLED   (1u << 8)
#define LVT_MASKED    (1u << 16)
#define LVT_MODE(v)   ((v) >> 17 & 3)
#define MODE_PERIODIC 1
#define MODE_DEADLINE 2
#define DFR_FLAT      0xf
#define ALL_XAPIC     0xffu
#define ALL_X2APIC    0xffffffffu

/* Bits of each register that a guest can set; a register without any is read-only. */
static const uint32_t writable[LAPIC_REGS] = {
    [LAPIC_TPR] = 0xff,
    [LAPIC_LDR] = 0xff000000,
    [LAPIC_DFR] = 0xf0000000,
    [LAPIC_SVR] = 0x1ff,
    [LAPIC_ICR] = 0xcdfff & ~(1u << 12),
    [LAPIC_ICR2] = 0xff000000,
    [LAPIC_LVT_TIMER] = 0x700ff,
    [LAPIC_LVT_THERMAL] = 0x107ff,
    [LAPIC_LVT_COUNTER] = 0x107ff,
    [LAPIC_LINT0] = 0x1a7ff,
    [LAPIC_LINT1] = 0x1a7ff,
    [LAPIC_LVT_ERROR] = 0x100ff,
    [LAPIC_TIMER_COUNT] = 0xffffffff,
    [LAPIC_TIMER_DIVIDE] = 0xb,
};

static bool is_lvt(uint32_t n)
{
    return n >= LAPIC_LVT_TIMER && n <= LAPIC_LVT_ERROR;
}

static uint32_t logical_id(uint32_t id)
{
    return (id >> 4) << 16 | 1u << (id & 15);
}

static uint32_t own_id(const struct lapic *l)
{
    return l->x2apic ? l->reg[LAPIC_ID] : l->reg[LAPIC_ID] >> 24;
}

static void registers_reset(struct lapic *l)
{
    uint32_t id = own_id(l);

    for (unsigned int i = 0; i < LAPIC_REGS; i++)
        l->reg[i] = is_lvt(i) ? LVT_MASKED : 0;
    l->reg[LAPIC_ID] = l->x2apic ? id : id << 24;
    l->reg[LAPIC_VERSION] = VERSION;
    l->reg[LAPIC_SVR] = 0xff;
    l->reg[LAPIC_DFR] = 0xffffffff;
    l->timer_end = DEV_NEVER;
    l->timer_period = 0;
}

void lapic_reset(struct lapic *l, const struct lapic_host *host, void *opaque, uint32_t id)
{
    *l = (struct lapic){.host = host, .opaque = opaque, .enabled = true};
    l->reg[LAPIC_ID] = id << 24;
    registers_reset(l);
}

void lapic_virtual_wire(struct lapic *l)
{
    l->reg[LAPIC_SVR] |= SVR_ENABLED;
    l->reg[LAPIC_LINT0] = APIC_EXTINT << 8;
    l->reg[LAPIC_LINT1] = APIC_NMI << 8;
}

bool lapic_set_mode(struct lapic *l, bool enabled, bool x2apic)
{
    uint32_t id = own_id(l);

    if ((x2apic && !enabled) || (l->x2apic && enabled && !x2apic) ||
        (!l->enabled && x2apic && !l->x2apic))
        return false;
    if (x2apic != l->x2apic) {
        l->x2apic = x2apic;
        l->reg[LAPIC_ID] = x2apic ? id : id << 24;
        l->reg[LAPIC_LDR] = x2apic ? logical_id(id) : 0;
    }
    l->enabled = enabled;
    if (!enabled) {
        registers_reset(l);
        l->host->timer(l->opaque, DEV_NEVER);
    }
    return true;
}

/* ---- vectors */

/* The highest bit of eight words, -1: none. */
static int highest(const uint32_t *words)
{
    for (int i = 7; i >= 0; i--) {
        uint32_t w = __atomic_load_n(&words[i], __ATOMIC_RELAXED);

        if (w)
            return i * 32 + 31 - __builtin_clz(w);
    }
    return -1;
}

/* The priority below which, and at which, nothing interrupts the processor. */
static uint32_t processor_priority(const struct lapic *l)
{
    int busy = highest(&l->reg[LAPIC_ISR]);
    uint32_t tpr = l->reg[LAPIC_TPR], in_service = busy < 0 ? 0 : (uint32_t)busy & 0xf0;

    return (tpr & 0xf0) >= in_service ? tpr : in_service;
}

static bool is_on(const struct lapic *l)
{
    return l->enabled && (l->reg[LAPIC_SVR] & SVR_ENABLED);
}

int lapic_pending(const struct lapic *l)
{
    int vector = is_on(l) ? highest(&l->reg[LAPIC_IRR]) : -1;

    return vector >= 0 && ((uint32_t)vector & 0xf0) > (processor_priority(l) & 0xf0) ? vector : -1;
}

bool lapic_requested(const struct lapic *l)
{
    return highest(&l->reg[LAPIC_IRR]) >= 0;
}

void lapic_accept(struct lapic *l, uint8_t vector)
{
    __atomic_fetch_and(&l->reg[LAPIC_IRR + vector / 32], ~(1u << vector % 32), __ATOMIC_SEQ_CST);
    l->reg[LAPIC_ISR + vector / 32] |= 1u << vector % 32;
}

void lapic_latch(struct lapic *l, uint8_t vector, bool level)
{
    uint32_t bit = 1u << vector % 32, *tmr = &l->reg[LAPIC_TMR + vector / 32];

    if (level)
        __atomic_fetch_or(tmr, bit, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(tmr, ~bit, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&l->reg[LAPIC_IRR + vector / 32], bit, __ATOMIC_SEQ_CST);
}

bool lapic_raise(struct lapic *l, uint8_t vector, bool level)
{
    if (!is_on(l) || vector < 16)
        return false;
    lapic_latch(l, vector, level);
    return true;
}

static void end_of_interrupt(struct lapic *l)
{
    int busy = highest(&l->reg[LAPIC_ISR]);
    uint32_t bit;

    if (busy < 0)
        return;
    bit = 1u << busy % 32;
    l->reg[LAPIC_ISR + busy / 32] &= ~bit;
    if (__atomic_load_n(&l->reg[LAPIC_TMR + busy / 32], __ATOMIC_RELAXED) & bit)
        l->host->eoi(l->opaque, (uint8_t)busy);
}

bool lapic_passes_pic(const struct lapic *l)
{
    uint32_t lint0 = l->reg[LAPIC_LINT0];

    return !l->enabled || (!(lint0 & LVT_MASKED) && APIC_DELIVERY(lint0) == APIC_EXTINT);
}

bool lapic_is_target(const struct lapic *l, uint32_t destination, bool logical)
{
    uint32_t ldr = l->reg[LAPIC_LDR];

    if (destination == (l->x2apic ? ALL_X2APIC : ALL_XAPIC))
        return true;
    if (!logical)
        return destination == own_id(l);
    if (l->x2apic)
        return destination >> 16 == ldr >> 16 && (destination & ldr & 0xffff);
    ldr >>= 24;
    if (l->reg[LAPIC_DFR] >> 28 == DFR_FLAT)
        return destination & ldr;
    return destination >> 4 == ldr >> 4 && (destination & ldr & 0xf);
}

/* ---- timer */

static uint64_t tick_ns(const struct lapic *l)
{
    uint32_t d = l->reg[LAPIC_TIMER_DIVIDE], code = (d >> 1 & 4) | (d & 3);

    return (uint64_t)LAPIC_BUS_NS << (code == 7 ? 0 : code + 1);
}

static void timer_start(struct lapic *l, uint64_t end)
{
    l->timer_end = end;
    l->host->timer(l->opaque, end);
}

static void timer_count(struct lapic *l)
{
    uint64_t length = l->reg[LAPIC_TIMER_COUNT] * tick_ns(l);
    uint32_t mode = LVT_MODE(l->reg[LAPIC_LVT_TIMER]);

    if (mode == MODE_DEADLINE)
        return;
    l->timer_period = mode == MODE_PERIODIC ? length : 0;
    timer_start(l, length ? l->host->now(l->opaque) + length : DEV_NEVER);
}

void lapic_set_deadline(struct lapic *l, uint64_t ns)
{
    if (LVT_MODE(l->reg[LAPIC_LVT_TIMER]) != MODE_DEADLINE)
        return;
    l->timer_period = 0;
    timer_start(l, ns);
}

/* Ticks that were missed are one. */
void lapic_timer_run(struct lapic *l)
{
    uint32_t lvt = l->reg[LAPIC_LVT_TIMER];
    uint64_t now = l->host->now(l->opaque), end = DEV_NEVER;

    if (now < l->timer_end)
        return;
    if (l->timer_period)
        end = l->timer_end + ((now - l->timer_end) / l->timer_period + 1) * l->timer_period;
    timer_start(l, end);
    if (!(lvt & LVT_MASKED))
        (void)lapic_raise(l, APIC_VECTOR(lvt), false);
}

static uint32_t timer_now(const struct lapic *l)
{
    uint64_t now = l->host->now(l->opaque);

    if (l->timer_end == DEV_NEVER || now >= l->timer_end ||
        LVT_MODE(l->reg[LAPIC_LVT_TIMER]) == MODE_DEADLINE)
        return 0;
    return (uint32_t)((l->timer_end - now) / tick_ns(l));
}

/* ---- registers */

static uint32_t read_register(struct lapic *l, uint32_t n)
{
    switch (n) {
    case LAPIC_PPR:
        return processor_priority(l);
    case LAPIC_TIMER_NOW:
        return timer_now(l);
    default:
        return __atomic_load_n(&l->reg[n], __ATOMIC_RELAXED);
    }
}

static void lvt_write(struct lapic *l, uint32_t n, uint32_t value)
{
    uint32_t was = LVT_MODE(l->reg[n]);

    if (!(l->reg[LAPIC_SVR] & SVR_ENABLED))
        value |= LVT_MASKED;
    l->reg[n] = value;
    if (n != LAPIC_LVT_TIMER || LVT_MODE(value) == was)
        return;
    if (was == MODE_DEADLINE || LVT_MODE(value) == MODE_DEADLINE)
        timer_start(l, DEV_NEVER); /* the two kinds of count disarm each other */
    l->timer_period = LVT_MODE(value) == MODE_PERIODIC ? l->reg[LAPIC_TIMER_COUNT] * tick_ns(l) : 0;
}

static void write_register(struct lapic *l, uint32_t n, uint32_t value)
{
    if (is_lvt(n)) {
        lvt_write(l, n, value & writable[n]);
        return;
    }
    if (writable[n])
        l->reg[n] = value & writable[n];
    switch (n) {
    case LAPIC_EOI:
        end_of_interrupt(l);
        break;
    case LAPIC_DFR:
        l->reg[n] |= 0x0fffffff;
        break;
    case LAPIC_SVR:
        for (n = LAPIC_LVT_TIMER; !(value & SVR_ENABLED) && n <= LAPIC_LVT_ERROR; n++)
            l->reg[n] |= LVT_MASKED;
        break;
    case LAPIC_ICR:
        l->host->ipi(l->opaque, l->reg[n],
                     l->x2apic ? l->reg[LAPIC_ICR2] : l->reg[LAPIC_ICR2] >> 24);
        break;
    case LAPIC_TIMER_COUNT:
        timer_count(l);
        break;
    }
}

static bool exists(const struct lapic *l, uint32_t n)
{
    if (n >= LAPIC_REGS)
        return false;
    return writable[n] || (n >= LAPIC_ISR && n <= LAPIC_ESR) || n == LAPIC_ID ||
           n == LAPIC_VERSION || n == LAPIC_PPR || n == LAPIC_TIMER_NOW;
}

uint32_t lapic_read(struct lapic *l, uint32_t offset)
{
    return exists(l, offset / 16) && offset % 16 == 0 ? read_register(l, offset / 16) : 0;
}

void lapic_write(struct lapic *l, uint32_t offset, uint32_t value)
{
    if (offset % 16 == 0 && offset / 16 < LAPIC_SELF_IPI)
        write_register(l, offset / 16, value);
}

bool lapic_rdmsr(struct lapic *l, uint32_t n, uint64_t *value)
{
    if (!l->x2apic || !exists(l, n) || n == LAPIC_DFR || n == LAPIC_ICR2)
        return false;
    *value = read_register(l, n);
    if (n == LAPIC_ICR)
        *value |= (uint64_t)l->reg[LAPIC_ICR2] << 32;
    return true;
}

/* Registers of 32 bits fault on anything above. */
bool lapic_wrmsr(struct lapic *l, uint32_t n, uint64_t value)
{
    bool writes = n < LAPIC_REGS && (writable[n] || n == LAPIC_EOI || n == LAPIC_ESR);

    if (!l->x2apic || (value >> 32 && n != LAPIC_ICR))
        return false;
    if (n == LAPIC_SELF_IPI) {
        l->host->ipi(l->opaque, 1u << 18 | APIC_VECTOR(value), 0);
        return !(value >> 8);
    }
    if (!writes || n == LAPIC_LDR || n == LAPIC_DFR || n == LAPIC_ICR2)
        return false;
    if (n == LAPIC_ICR)
        l->reg[LAPIC_ICR2] = (uint32_t)(value >> 32);
    write_register(l, n, (uint32_t)value);
    return true;
}
