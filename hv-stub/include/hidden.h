/* SPDX-License-Identifier: MIT */
/* Included before everything: the image is one piece, so no symbol goes through a GOT. */
#pragma GCC visibility push(hidden)
