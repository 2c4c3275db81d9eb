/* SPDX-License-Identifier: MIT */
/* The header of a bzImage, as Documentation/x86/boot.rst of Linux describes it. */
#include <string.h>

#include "complain.h"
#include "unpack.h"

#define SETUP_SECTS    0x1f1
#define MAGIC          0x202
#define VERSION        0x206
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define HEADER_END     0x250
#define SECTOR         512u

static uint32_t word(const struct image *img, size_t at, size_t bytes)
{
    uint32_t v = 0;

    memcpy(&v, img->data + at, bytes);
    return v;
}

int bzimage_payload(const char *path, const struct image *img, struct image *payload)
{
    uint64_t begin, length, sectors;

    if (img->size < MAGIC + 4 || memcmp(img->data + MAGIC, "HdrS", 4))
        return 0;
    if (img->size < HEADER_END)
        return complain("kernel %s: truncated (a Linux bzImage that ends in its header)", path);
    if (word(img, VERSION, 2) < 0x208)
        return complain("kernel %s: a bzImage of boot protocol %x.%02x, which cannot be unpacked; "
                        "give the vmlinux inside it",
                        path, word(img, VERSION + 1, 1), word(img, VERSION, 1));
    sectors = word(img, SETUP_SECTS, 1);
    begin = ((sectors ? sectors : 4) + 1) * SECTOR + word(img, PAYLOAD_OFFSET, 4);
    length = word(img, PAYLOAD_LENGTH, 4);
    if (begin > img->size || length > img->size - begin)
        return complain("kernel %s: truncated (a Linux bzImage whose kernel ends at byte %llu, the "
                        "file at %zu)",
                        path, (unsigned long long)(begin + length), img->size);
    *payload = (struct image){.data = img->data + begin, .size = length};
    return 1;
}
