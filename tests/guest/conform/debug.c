/* SPDX-License-Identifier: MIT */
/* Breakpoints and single steps. */
#include "conform.h"

#define CODE(fn, text)   \
    uint64_t fn(void *); \
    __asm__(".text\n" #fn ": " text "\n\tret\n")

CODE(debug_step, "pushf; orq $0x100, (%rsp); popf; nop; nop");
CODE(debug_step_hypercall, "pushf; orq $0x100, (%rsp); popf; mov $17, %eax; syscall; nop");
CODE(debug_step_cpuid,
     "push %rbx; pushf; orq $0x100, (%rsp); popf; ud2; .ascii \"xen\"; cpuid; pop %rbx");
CODE(debug_step_clts, "pushf; orq $0x100, (%rsp); popf; clts");
CODE(debug_step_int3, "pushf; orq $0x100, (%rsp); popf; int3");
CODE(debug_step_ud, "pushf; orq $0x100, (%rsp); popf; ud2");
CODE(debug_write, "nop; movb $1, (%rdi); nop");
CODE(debug_read, "nop; mov (%rdi), %al; nop");
CODE(debug_run, "nop; nop; nop");
CODE(debug_movss, "mov %ss, %ecx; mov %ecx, %ss; nop");
CODE(debug_icebp, "nop; nop");
CODE(debug_in, "nop; in $0x61, %al; nop");
CODE(debug_dr7_latch, "mov %rsi, %dr7; movb $1, (%rdi); nop");

static void set_dr(unsigned reg, uint64_t v)
{
    (void)pvk_raw2(__HYPERVISOR_set_debugreg, reg, v);
}

static void answer(const char *what, uint64_t code)
{
    name(what);
    outcome(code);
    print(" rflags ");
    print_hex(seen.rflags & 0x10100);
    print(" dr6 ");
    print_hex((uint64_t)pvk_raw1(__HYPERVISOR_get_debugreg, 6));
    print(" dr7 ");
    print_hex((uint64_t)pvk_raw1(__HYPERVISOR_get_debugreg, 7));
    print("\n");
    set_dr(6, 0xffff0ff0);
}

static void ask(const char *what, uint64_t (*code)(void *), void *arg)
{
    try(code, arg);
    answer(what, (uint64_t)code);
}

static void ask_user(const char *what, uint64_t (*code)(void *), void *arg)
{
    try_user(code, arg);
    answer(what, (uint64_t)code);
}

void ask_debug(void)
{
    set_dr(7, 0x400);
    set_dr(6, 0xffff0ff0);
    ask("step", debug_step, NULL);
    ask_user("step, user", debug_step, NULL);
    ask("step over a hypercall", debug_step_hypercall, NULL);
    ask("step over forced cpuid", debug_step_cpuid, NULL);
    ask("step over clts", debug_step_clts, NULL);
    ask("step over int3", debug_step_int3, NULL);
    ask("step over ud2", debug_step_ud, NULL);
    set_dr(0, (uint64_t)scratch[0]);
    set_dr(7, 0x00010402);
    ask("write breakpoint", debug_write, scratch[0]);
    ask("write breakpoint, read", debug_read, scratch[0]);
    ask_user("write breakpoint, user", debug_write, scratch[0]);
    set_dr(7, 0x000f0401);
    ask("read breakpoint of 4 bytes", debug_read, scratch[0] + 3);
    ask("read breakpoint beside it", debug_read, scratch[0] + 4);
    set_dr(1, (uint64_t)debug_run + 1);
    set_dr(7, 0x00000408);
    ask("run breakpoint", debug_run, NULL);
    ask_user("run breakpoint, user", debug_run, NULL);
    set_dr(7, 0x400);
    ask("no breakpoint", debug_run, NULL);
    set_dr(7, 0x00020402);
    hex("I/O breakpoint without DE", (uint64_t)pvk_raw1(__HYPERVISOR_get_debugreg, 7));
    set_dr(7, 0xffff07ff & ~0x22220000);
    hex("dr7 with all on", (uint64_t)pvk_raw1(__HYPERVISOR_get_debugreg, 7));
    set_dr(7, 0);
    hex("dr7 of 0", (uint64_t)pvk_raw1(__HYPERVISOR_get_debugreg, 7));
    set_dr(6, 0);
    hex("dr6 of 0", (uint64_t)pvk_raw1(__HYPERVISOR_get_debugreg, 6));
    for (unsigned i = 0; i < 9; i++)
        number("set_debugreg of 0x1000", (long)pvk_raw2(__HYPERVISOR_set_debugreg, i, 0x1000));
    for (unsigned i = 0; i < 9; i++)
        hex("get_debugreg", (uint64_t)pvk_raw1(__HYPERVISOR_get_debugreg, i));
    set_dr(7, 0x400);
    ask("mov to ss", debug_movss, NULL);
}
