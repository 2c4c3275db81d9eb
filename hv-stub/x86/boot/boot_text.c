/* SPDX-License-Identifier: MIT */
/* Collecting what the loader says: bounded reads, copies that outlive the loader's memory. */
#include "boot.h"

bool boot_copy(void *dst, uint64_t pa, size_t len)
{
    const void *src = boot_phys(pa, len);

    if (src)
        memcpy(dst, src, len);
    return src != NULL;
}

const char *boot_text(struct boot_info *bi, uint64_t pa, uint64_t max)
{
    char *dst = bi->text + bi->text_used;
    uint64_t room = sizeof(bi->text) - bi->text_used, n = 0;

    if (pa == 0)
        return "";
    while (n < max && n < room) {
        const char *c = boot_phys(pa + n, 1);

        if (!c)
            return "";
        dst[n] = *c;
        if (dst[n++] == '\0') {
            bi->text_used += n;
            return dst;
        }
    }
    return "";
}

void boot_add_region(struct boot_info *bi, uint64_t start, uint64_t len, bool ram)
{
    if (bi->nr_regions == BOOT_MAX_REGIONS || len == 0 || start + len < start)
        return;
    bi->region[bi->nr_regions++] = (struct boot_region){start, start + len, ram};
}

void boot_add_module(struct boot_info *bi, uint64_t start, uint64_t end, const char *line)
{
    if (bi->nr_modules == BOOT_MAX_MODULES || end <= start)
        return;
    bi->module[bi->nr_modules++] = (struct boot_module){start, end - start, line};
}
