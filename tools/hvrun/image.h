/* SPDX-License-Identifier: MIT */
/* A kernel file's bytes, unpacked if it came packed. */
#ifndef HVRUN_IMAGE_H
#define HVRUN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_MAX_BYTES ((size_t)512 << 20)

struct image {
    uint8_t *data; /* owned; image_free() releases it */
    size_t size;
    bool unpacked; /* the bytes differ from the file's */
};

/*
 * Check that @path is a regular, readable, non-empty file; its size goes to @size if not NULL.
 * @what names its role in the complaint. Returns 0, or -1 after complaining.
 */
int file_check(const char *path, const char *what, uint64_t *size);

/* Read the kernel at @path and unpack it. Returns 0, or -1 after complaining. */
int image_read(const char *path, struct image *img);

/* Release what image_read() allocated. */
void image_free(struct image *img);

#endif
