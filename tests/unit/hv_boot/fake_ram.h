/* SPDX-License-Identifier: MIT */
/* Physical memory for the readers of boot information: addresses 0 … FAKE_RAM_BYTES. */
#ifndef FAKE_RAM_H
#define FAKE_RAM_H

#include "boot.h"

#define FAKE_RAM_BYTES (1u << 20)

extern uint8_t *fake_ram;

void fake_ram_reset(void);
/* Put bytes at pa and return pa. */
uint64_t fake_put(uint64_t pa, const void *p, size_t n);
uint64_t fake_puts(uint64_t pa, const char *s);

#endif
