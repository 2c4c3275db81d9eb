/* SPDX-License-Identifier: MIT */
/*
 * The machine an unmodified guest finds: the devices of this folder wired as in a PC. The host
 * embeds a struct pc, feeds it the guest's port accesses and console input, and asks it for
 * interrupts and for the next deadline. All calls on one machine must be serialised by the host.
 */
#ifndef PVKIT_DEVICE_PC_H
#define PVKIT_DEVICE_PC_H

#include "device.h"
#include "ide.h"
#include "ioapic.h"
#include "kbc.h"
#include "ne2000.h"
#include "pic.h"
#include "pit.h"
#include "platform.h"
#include "power.h"
#include "rtc.h"
#include "uart.h"

#define PC_IRQ_TIMER    0
#define PC_IRQ_KEYBOARD 1
#define PC_IRQ_COM1     4
#define PC_IRQ_RTC      8

#define PC_COM1        0x3f8
#define PC_NICS        2
#define PC_NIC_SLOT(i) (3 + (i))

/* What the machine asks of its host. The callbacks run inside the call that caused them and must
 * not call back into the machine. `opaque` is passed to each. */
struct pc_host {
    uint64_t (*now)(void *opaque);                          /* guest time in ns, never going back */
    void (*console_tx)(void *opaque, uint8_t byte);         /* the guest sent a byte on COM1 */
    void (*intr)(void *opaque, unsigned int n, bool level); /* INTR changed; may be NULL */
    /* Interrupt messages of the I/O APIC (ioapic.h). */
    void (*apic_send)(void *opaque, uint32_t command, uint32_t destination);
    void (*power_off)(void *opaque);
    void (*reset)(void *opaque);
    struct ata_memory memory; /* the guest's, for bus masters */
    void *opaque;
};

struct pc {
    struct dev_bus bus;
    struct dev_timers timers;
    struct dev_clock clock;
    struct pic pic;
    struct ioapic ioapic;
    struct pit pit;
    struct rtc rtc;
    struct uart com1;
    struct kbc kbc;
    struct power power;
    uint32_t device_irqs, host_irqs; /* who asserts an input: devices, the host */
    struct piix piix;
    struct platform platform;
    struct ide ide;
    struct ne2000 nic[PC_NICS];
    unsigned int nr_nics;
};

/* Builds a machine with `memory` bytes of RAM whose clock says `unix_time` (seconds since 1970,
 * UTC). False only if the devices do not fit the bus: a mistake in this folder. */
bool pc_init(struct pc *pc, const struct pc_host *host, int64_t unix_time, uint64_t memory);

/* Put a network card into the next slot. Before the machine runs; false if there is none. */
bool pc_add_nic(struct pc *pc, const uint8_t mac[6]);

/* Put Xen's platform device in. Before the machine runs; false if the buses refuse. */
bool pc_add_platform(struct pc *pc, void (*unplug)(void *opaque, unsigned int what), void *opaque);

/* Take the emulated disks away, or all but the first of them; the network cards. */
void pc_unplug_disks(struct pc *pc, bool but_first);
void pc_unplug_nics(struct pc *pc);

/* The host itself asserts an input of the interrupt controllers (those from 16 on are the I/O
 * APIC's alone), beside whatever device does. */
void pc_host_irq(struct pc *pc, unsigned int n, bool level);

#endif
