/* SPDX-License-Identifier: MIT */
/* Local APIC, I/O APIC, and the hypervisor's own interrupt vectors. */
#ifndef X86_APIC_H
#define X86_APIC_H

#include "hv_types.h"

/*
 * Vectors above anything a PV guest gets to use itself. The interrupt entry does for each:
 *   VEC_TIMER  apic_eoi(), work_raise(WORK_TIMER)
 *   VEC_WORK   apic_eoi(): the sender set the work bits already, the exit path sees them
 *   VEC_FLUSH  apic_eoi(), flush_serve()
 *   VEC_HALT   smp_halt_self(): another CPU panicked
 *   VEC_UART   apic_eoi(), console_input_poll(), control_input()
 *   VEC_DEVICE to VEC_DEVICE_LAST  apic_eoi(), device_interrupt()
 *   VEC_SPURIOUS  nothing, no EOI
 */
enum hv_vector {
    VEC_DEVICE = 0xd0,
    VEC_DEVICE_LAST = 0xdf,
    VEC_TIMER = 0xf0,
    VEC_WORK = 0xf1,
    VEC_FLUSH = 0xf2,
    VEC_HALT = 0xf3,
    VEC_UART = 0xf4,
    VEC_SPURIOUS = 0xff, /* low four bits set: older local APICs insist on it */
};

/* Map and enable this CPU's local APIC. The first call (boot CPU) finds out where it is. */
void apic_init_boot(void);
void apic_init_cpu(void);
/* This CPU's APIC id as its own APIC tells it. */
uint32_t apic_id_self(void);
void apic_eoi(void);
/* Fixed interrupt to the CPU with this APIC id. */
void apic_send_vector(uint32_t apic_id, enum hv_vector vec);
/* Start an application processor: INIT, then a start-up IPI at page `page` (physical address >>
 * 12). */
void apic_send_init(uint32_t apic_id);
void apic_send_startup(uint32_t apic_id, uint8_t page);

/* Timer at full input clock: set the count (0 stops), read it. */
void apic_timer_write(uint32_t count);
uint32_t apic_timer_read(void);
/* Ticks per second, found by tsc_calibrate(). */
extern uint64_t apic_timer_hz;
/* Arm the timer's conversion once the frequency is known. */
void apic_timer_ready(void);

/* pci.c: the handler of arch_msi_take() that vector belongs to. */
void device_interrupt(uint32_t vector);

/* Route an ISA interrupt to this CPU through the I/O APIC; false when there is none. */
bool ioapic_route_isa(unsigned irq, enum hv_vector vec);

#endif
