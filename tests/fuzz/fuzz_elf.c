/* SPDX-License-Identifier: MIT */
/* Any bytes as a guest kernel: parsed or refused, never read out of bounds. */
#include "hv_elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_image e;
    char buf[16];

    if (elf_image_parse(&e, data, size))
        return 0;
    if (elf_image_pv_resolve(&e))
        return 0;
    (void)elf_image_missing_feature(&e, buf, sizeof(buf));
    for (uint32_t i = 0; i < e.nr_segments; i++) /* what a loader would read */
        if (e.segment[i].filesz && e.data[e.segment[i].offset + e.segment[i].filesz - 1] > 255)
            __builtin_trap();
    return 0;
}
