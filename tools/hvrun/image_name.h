/* SPDX-License-Identifier: MIT */
/* What a disk image's device is called in QEMU, which says what file it is: hvrun gives these
 * names, hvctl finds devices by them. */
#ifndef HVRUN_IMAGE_NAME_H
#define HVRUN_IMAGE_NAME_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define IMAGE_NAME_BYTES 24 /* QEMU's names of images have 31 at most */

/* Of the file with that inode of that file system. */
static inline void image_name(char name[IMAGE_NAME_BYTES], dev_t device, ino_t inode)
{
    uint64_t hash = 0xcbf29ce484222325ull; /* FNV-1a, by 16 bits */

    for (int shift = 0; shift < 64; shift += 16) {
        hash = (hash ^ ((uint64_t)device >> shift & 0xffff)) * 0x100000001b3ull;
        hash = (hash ^ ((uint64_t)inode >> shift & 0xffff)) * 0x100000001b3ull;
    }
    snprintf(name, IMAGE_NAME_BYTES, "image-%016llx", (unsigned long long)hash);
}

#endif
