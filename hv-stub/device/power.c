/* SPDX-License-Identifier: MIT */
#include "power.h"

#define PM_BASE     POWER_PM1_EVENT
#define PM1_STATUS  0x0
#define PM1_ENABLE  0x2
#define PM1_CONTROL (POWER_PM1_CONTROL - PM_BASE)
#define PM_TIMER    (POWER_PM_TIMER - PM_BASE)
#define PM_SIZE     0xc

#define PM1_SCI_EN (1u << 0)
#define PM1_SLP_EN (1u << 13)

#define PM_TIMER_HZ   3579545u
#define PM_TIMER_MASK 0xffffff

#define RESET_CPU 0x04 /* 0xcf9: a rising edge resets; bit 1 chooses hard or soft */

static uint32_t pm_timer(const struct power *power)
{
    uint64_t ns = dev_now(power->clock);

    return (ns / DEV_NS_PER_SEC * PM_TIMER_HZ +
            ns % DEV_NS_PER_SEC * PM_TIMER_HZ / DEV_NS_PER_SEC) &
           PM_TIMER_MASK;
}

/* The register that holds byte `offset`, as a value whose bit 0 is the register's first bit. */
static uint32_t pm_register(const struct power *power, unsigned int offset)
{
    switch (offset & ~1u) {
    case PM1_STATUS:
        return power->pm1_status;
    case PM1_ENABLE:
        return power->pm1_enable;
    case PM1_CONTROL:
        return power->pm1_control;
    case PM_TIMER:
        return pm_timer(power);
    case PM_TIMER + 2:
        return pm_timer(power) >> 16;
    default:
        return 0;
    }
}

static uint32_t pm_read(void *opaque, uint16_t port, unsigned int size)
{
    const struct power *power = opaque;
    unsigned int offset = port - PM_BASE;

    if (offset == PM_TIMER && size == 4)
        return pm_timer(power);
    if (offset & 1)
        return pm_register(power, offset) >> 8;
    if (size == 4)
        return pm_register(power, offset) | pm_register(power, offset + 2) << 16;
    return pm_register(power, offset);
}

/* Replaces the bytes of `old` that a write of `size` bytes at `offset` covers. */
static uint16_t merge(uint16_t old, unsigned int offset, unsigned int size, uint32_t value)
{
    uint16_t mask = size == 1 ? 0xff << 8 * (offset & 1) : 0xffff;

    return (old & ~mask) | (value << 8 * (offset & 1) & mask);
}

static void pm_write_control(struct power *power, uint16_t value)
{
    power->pm1_control = value & ~PM1_SLP_EN; /* SLP_EN reads as 0 */
    if (value & PM1_SLP_EN)
        power->off(power->opaque);
}

static void pm_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct power *power = opaque;
    unsigned int offset = port - PM_BASE;

    switch (offset & ~1u) {
    case PM1_STATUS: /* written ones clear */
        power->pm1_status &= ~merge(0, offset, size, value);
        if (size == 4)
            power->pm1_enable = value >> 16;
        break;
    case PM1_ENABLE:
        power->pm1_enable = merge(power->pm1_enable, offset, size, value);
        break;
    case PM1_CONTROL:
        pm_write_control(power, merge(power->pm1_control, offset, size, value));
        break;
    default:
        break;
    }
}

static uint32_t reset_read(void *opaque, uint16_t port, unsigned int size)
{
    const struct power *power = opaque;

    return power->reset_control;
}

static void reset_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct power *power = opaque;
    uint8_t risen = value & ~power->reset_control;

    power->reset_control = value & 0x0e;
    if (risen & RESET_CPU)
        power->reset(power->opaque);
}

static uint32_t post_read(void *opaque, uint16_t port, unsigned int size)
{
    const struct power *power = opaque;

    return power->post;
}

static void post_write(void *opaque, uint16_t port, unsigned int size, uint32_t value)
{
    struct power *power = opaque;

    power->post = value;
}

static const struct dev_port_ops pm_ops = {pm_read, pm_write};
static const struct dev_port_ops reset_ops = {reset_read, reset_write};
static const struct dev_port_ops post_ops = {post_read, post_write};

bool dev_power_init(struct power *power, struct dev_bus *bus, const struct dev_clock *clock,
                    void (*off)(void *opaque), void (*reset)(void *opaque), void *opaque)
{
    *power = (struct power){
        .clock = clock, .off = off, .reset = reset, .opaque = opaque, .pm1_control = PM1_SCI_EN};
    return dev_bus_claim(bus, PM_BASE, PM_SIZE, 4, &pm_ops, power) &&
           dev_bus_claim(bus, 0xcf9, 1, 1, &reset_ops, power) &&
           dev_bus_claim(bus, 0x80, 1, 1, &post_ops, power);
}
