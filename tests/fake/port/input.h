/* SPDX-License-Identifier: MIT */
/* The bytes of a fuzzer, one after the other; 0 when there are no more. */
#ifndef FAKE_INPUT_H
#define FAKE_INPUT_H

#include "fake_port.h"

void input_set(const uint8_t *data, size_t size);
bool input_left(void);
uint8_t input_byte(void);
uint32_t input_word(void);
/* A value for the back-end's key: a number of any size, or text that is none, or nothing. */
void input_offer(struct port_dev *dev, const char *key);

#endif
