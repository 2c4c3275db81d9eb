/* SPDX-License-Identifier: MIT */
#include "fake_ram.h"

#include <stdlib.h>
#include <string.h>

uint8_t *fake_ram; /* from the heap: the sanitizer watches its ends */

void fake_ram_reset(void)
{
    free(fake_ram);
    fake_ram = calloc(1, FAKE_RAM_BYTES);
}

const void *boot_phys(uint64_t pa, uint64_t len)
{
    if (pa >= FAKE_RAM_BYTES || len > FAKE_RAM_BYTES - pa)
        return NULL;
    return fake_ram + pa;
}

uint64_t fake_put(uint64_t pa, const void *p, size_t n)
{
    memcpy(fake_ram + pa, p, n);
    return pa;
}

uint64_t fake_puts(uint64_t pa, const char *s)
{
    return fake_put(pa, s, strlen(s) + 1);
}
