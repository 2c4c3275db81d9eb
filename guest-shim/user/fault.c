/* SPDX-License-Identifier: MIT */
/* Every exception that user mode can raise by itself. */
#include "user.h"

#define NONCANONICAL 0x0000800000000000UL

uint64_t prog_fault(uint64_t kind)
{
    uint64_t zero = 0, address = NONCANONICAL;

    switch (kind) {
    case 0:
        asm volatile("xor %%edx, %%edx; div %0" : : "r"(zero) : "rax", "rdx");
        break;
    case 1: /* single step */
        asm volatile("pushfq; orq $0x100, (%%rsp); popfq; nop" ::: "cc", "memory");
        break;
    case 3:
        asm volatile("int3");
        break;
    case 4:
        asm volatile("int $4");
        break;
    case 6:
        asm volatile("ud2");
        break;
    case 11: /* not-present selector; the test put it into the GDT */
        asm volatile("mov %w0, %%gs" ::"r"(17 << 3 | 3));
        break;
    case 12: /* stack segment fault: non-canonical through rbp */
        asm volatile("push %%rbp; mov %0, %%rbp; mov (%%rbp), %%rax; pop %%rbp" ::"r"(address)
                     : "rax");
        break;
    case 13: /* privileged instruction */
        asm volatile("hlt");
        break;
    case 14: /* nothing at address 8 */
        asm volatile("mov 8, %%rax" ::: "rax");
        break;
    case 100: /* general protection: non-canonical data */
        asm volatile("mov (%0), %%rax" ::"r"(address) : "rax");
        break;
    case 101: /* write to code */
        asm volatile("movb $0, 0x400000");
        break;
    case 102: /* execute data */
        asm volatile("call *%0" ::"r"(USER_HEAP_BASE));
        break;
    case 103: /* a gate that is not for users */
        asm volatile("int $14");
        break;
    case 104: /* a vector with no gate */
        asm volatile("int $0x77");
        break;
    case 105: /* kernel data */
        asm volatile("mov 0xffffffff80100000, %%rax" ::: "rax");
        break;
    case 106:
        asm volatile("cli");
        break;
    case 107:
        asm volatile("mov %%cr3, %%rax" ::: "rax");
        break;
    }
    return -1UL;
}
