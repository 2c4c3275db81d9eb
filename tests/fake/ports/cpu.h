/* SPDX-License-Identifier: MIT */
/* Stands in for x86/include/cpu.h where a test plays the hardware. */
#ifndef FAKE_PORTS_CPU_H
#define FAKE_PORTS_CPU_H

#include <stdint.h>

void outb(uint16_t port, uint8_t v);
uint8_t inb(uint16_t port);
uint64_t rdtsc(void);

#endif
