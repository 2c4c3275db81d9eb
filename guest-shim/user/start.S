/* SPDX-License-Identifier: MIT */
/* Begin of the user image: the header the kernel reads (struct image_header), then the code. */
    .section .text.start, "ax"
    .quad _start, data_start, file_end, memory_end
    .globl _start
_start:
    call user_main              /* program, arg1, arg2 */
    mov %rax, %rdi
    mov $1, %eax                /* SYS_EXIT */
    syscall
    ud2

    .section .note.GNU-stack, "", @progbits
