/* SPDX-License-Identifier: MIT */
/* The user image, page-aligned so that its pages can be mapped as they are. */
    .section .rodata.user, "a"
    .balign 4096
    .globl user_image
user_image:
    .incbin USER_IMAGE
    .balign 4096

    .section .note.GNU-stack, "", @progbits
