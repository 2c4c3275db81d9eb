/* SPDX-License-Identifier: MIT */
/* Small devices of the machine itself that only boot code and interrupt entries touch. */
#ifndef X86_MACHINE_H
#define X86_MACHINE_H

#include "hv_types.h"

/* ---- serial.c */
void serial_init(void);
/* Interrupt on input, if the machine can route one (VEC_UART). False: input must be polled. */
bool serial_irq_enable(void);

/* ---- tsc.c: measure the TSC and the local APIC timer against the PIT, then stop the PIT. */
void tsc_calibrate(void);

/* ---- machine.c */
void pic_mask_all(void);

#endif
