/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "input.h"

static const uint8_t *in;
static size_t left;

void input_set(const uint8_t *data, size_t size)
{
    in = data;
    left = size;
}

bool input_left(void)
{
    return left;
}

uint8_t input_byte(void)
{
    if (!left)
        return 0;
    left--;
    return *in++;
}

uint32_t input_word(void)
{
    uint32_t word = input_byte();

    for (unsigned int i = 0; i < 3; i++)
        word = word << 8 | input_byte();
    return word;
}

void input_offer(struct port_dev *dev, const char *key)
{
    char text[32];
    uint8_t kind = input_byte() % 8;

    if (kind == 0) {
        fake_withdraw(dev, key);
        return;
    }
    if (kind == 1)
        snprintf(text, sizeof(text), "%c%u", 1 + input_byte() % 127, input_byte());
    else if (kind == 2)
        snprintf(text, sizeof(text), "%u%u", input_word(), input_word());
    else if (kind == 3)
        snprintf(text, sizeof(text), "%u", 512u << input_byte() % 5);
    else
        snprintf(text, sizeof(text), "%u", input_byte());
    fake_offer(dev, key, text);
}
