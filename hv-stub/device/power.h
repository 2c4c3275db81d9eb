/* SPDX-License-Identifier: MIT */
/*
 * Ways to end a machine, and the POST port: the ACPI PM1a block and PM timer where QEMU's pc
 * machine has them (0x600..0x60b), the reset control register 0xcf9 of Intel's PIIX3, and port
 * 0x80, which kernels write for delays. Source: ACPI specification, fixed hardware registers.
 */
#ifndef PVKIT_DEVICE_POWER_H
#define PVKIT_DEVICE_POWER_H

#include "device.h"

#define POWER_PM1_EVENT   0x600
#define POWER_PM1_CONTROL 0x604
#define POWER_PM_TIMER    0x608

struct power {
    const struct dev_clock *clock;
    void (*off)(void *opaque);   /* the guest set SLP_EN: there is no sleep state but off */
    void (*reset)(void *opaque); /* the guest reset the machine */
    void *opaque;
    uint16_t pm1_status, pm1_enable, pm1_control;
    uint8_t reset_control;
    uint8_t post;
};

/* Claims 0x600..0x60b, 0xcf9 and 0x80. `clock` must outlive the device. False if the bus
 * refused. */
bool dev_power_init(struct power *power, struct dev_bus *bus, const struct dev_clock *clock,
                    void (*off)(void *opaque), void (*reset)(void *opaque), void *opaque);

#endif
