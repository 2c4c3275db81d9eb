/* SPDX-License-Identifier: MIT */
/* Packed kernels: what a file is packed with, and how to get at the ELF inside. */
#ifndef HVRUN_UNPACK_H
#define HVRUN_UNPACK_H

#include "image.h"

/*
 * If @in begins as one of the packed formats that kernels come in does, unpack it into @out, owned
 * by the caller, failed or not. What follows the packed stream is ignored. Returns 1 if it was
 * packed, 0 if it was not (@out stays empty), or -1 after complaining.
 */
int unpack(const char *path, const struct image *in, struct image *out);

/*
 * The packed kernel inside of a Linux bzImage: a part of @img. Returns 1, 0 if @img is none, or -1
 * after complaining that it is damaged or too old to say where.
 */
int bzimage_payload(const char *path, const struct image *img, struct image *payload);

#endif
