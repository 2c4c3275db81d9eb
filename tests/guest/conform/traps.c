/* SPDX-License-Identifier: MIT */
/* Frames that traps and callbacks leave, from the kernel and from user mode. */
#include "conform.h"

#include <xen/callback.h>
#include <xen/vcpu.h>

#define CODE(fn, text)   \
    uint64_t fn(void *); \
    __asm__(".text\n" #fn ": " text "\n\tret\n")

CODE(code_divide, "xor %edx, %edx; xor %ecx, %ecx; div %ecx");
CODE(code_int3, "int3");
CODE(code_ud2, "ud2");
CODE(code_nm, "mov $3, %ecx; fld1");
CODE(code_gp, "mov $1, %eax; ror $1, %rax; mov (%rax), %al");
CODE(code_gp_selector, "mov $0x1234, %eax; mov %eax, %es");
CODE(code_gp_ldt, "mov $0x17, %eax; mov %eax, %es");
CODE(code_stack, "mov %rsp, %rcx; mov $1, %eax; ror $1, %rax; mov %rax, %rbp; mov (%rbp), %al");
CODE(code_read, "mov (%rdi), %al");
CODE(code_write, "mov %al, (%rdi)");
CODE(code_fetch, "jmp *%rdi");
CODE(code_across, "mov 4092(%rdi), %rax");
CODE(code_alignment,
     "pushf; orq $0x40000, (%rsp); popf; mov 1(%rdi), %eax; pushf; andq $~0x40000, (%rsp); popf");
CODE(code_x87, "fninit; fldcw (%rdi); fld1; fldz; fdivrp; fwait");
CODE(code_sse, "ldmxcsr (%rdi); xorps %xmm0, %xmm0; divss %xmm0, %xmm0");
CODE(code_flags, "pushf; orq $0x4dd5, (%rsp); popf; ud2");
CODE(code_nt, "pushf; orq $0x4000, (%rsp); popf; mov $7, %eax; syscall");
CODE(code_syscall, "mov $0x1234, %eax; mov $5, %edx; syscall");
CODE(code_syscall_df, "std; mov $0x1234, %eax; syscall");
CODE(code_sysenter, "mov $9, %eax; sysenter");
CODE(code_int80, "mov $9, %eax; int $0x80");
CODE(code_return, "mov $0x77, %eax");
CODE(code_compat, ".code32; mov $0x88, %eax; push %ebx; pop %ebx; .code64");
CODE(code_compat_syscall, ".code32; mov $9, %eax; syscall; .code64");
CODE(code_compat_sysenter, ".code32; mov $9, %eax; sysenter; .code64");
CODE(code_compat_int80, ".code32; mov $9, %eax; int $0x80; .code64");
CODE(code_compat_ud, ".code32; ud2; .code64");
CODE(code_compat_in, ".code32; in $0x61, %al; .code64");
CODE(code_compat_mode,
     "pushq $0xe023; push $1f; lretq; .code32; 1: mov %cs, %eax; ljmp $0xe033, $2f; .code64; 2:");
CODE(code_pushf, "pushf; pop %rax");
CODE(code_cs, "mov %cs, %eax");
CODE(code_ss, "mov %ss, %eax");

static void frame(const char *what, uint64_t code, uint64_t sp)
{
    name(what);
    outcome(code);
    print(" cs ");
    print_hex(seen.cs);
    print(" rflags ");
    print_hex(seen.rflags);
    print(" ss ");
    print_hex(seen.ss);
    print(" rsp ");
    print_hex(seen.vector == VEC_SYSENTER ? seen.rsp : seen.rsp - sp);
    print(" in handler rflags ");
    print_hex(seen.live_rflags);
    print(" mask ");
    print_hex(seen.masked);
    print(" sp ");
    print_hex(seen.handler_sp & 4095);
    if (seen.vector == VEC_SYSCALL || seen.vector == VEC_SYSCALL32) {
        print(" rcx - rip ");
        print_hex(seen.rcx - seen.rip);
        print(" r11 ");
        print_hex(seen.r11);
    }
    if (seen.vector == 14) {
        print(" cr2 ");
        print_hex(seen.cr2);
    }
    print("\n");
}

static uint64_t clear_ts(void *unused)
{
    __asm__ volatile("clts; fninit");
    return 0;
}

static void both(const char *what, uint64_t (*code)(void *), void *arg)
{
    char text[80], *p = text;

    for (const char *s = what; *s; s++)
        *p++ = *s;
    for (const char *s = ", user"; (*p++ = *s); s++)
        ;
    try(code, arg);
    frame(what, (uint64_t)code, seen.rsp);
    try_user(code, arg);
    frame(text, (uint64_t)code, (uint64_t)user_stack_top);
    try(clear_ts, NULL);
}

static void set_va(void *va, uint64_t flags)
{
    (void)pvk_raw3(__HYPERVISOR_update_va_mapping, va, flags ? mfn_of(va) << 12 | flags : 0,
                   UVMF_INVLPG);
}

static void ask_faults(void)
{
    static uint16_t all_exceptions = 0x340;
    static uint32_t all_simd = 0x1f00;

    both("#DE", code_divide, NULL);
    both("#BP", code_int3, NULL);
    both("#UD", code_ud2, NULL);
    (void)pvk_raw1(__HYPERVISOR_fpu_taskswitch, 1);
    both("#NM", code_nm, NULL);
    both("no #NM", code_nm, NULL);
    both("#GP", code_gp, NULL);
    both("#GP of a selector", code_gp_selector, NULL);
    both("#GP of an LDT selector", code_gp_ldt, NULL);
    both("#SS", code_stack, NULL);
    both("#AC", code_alignment, scratch[0]);
    both("#MF", code_x87, &all_exceptions);
    both("#XM", code_sse, &all_simd);
    both("flags", code_flags, NULL);
    both("no trap", code_return, NULL);
}

static void ask_page_faults(void)
{
    both("read nowhere", code_read, (void *)UNMAPPED);
    both("write nowhere", code_write, (void *)UNMAPPED);
    both("run nowhere", code_fetch, (void *)UNMAPPED);
    both("read the hypervisor", code_read, (void *)HV_SPACE);
    both("write the hypervisor", code_write, (void *)HV_SPACE);
    both("run the hypervisor", code_fetch, (void *)HV_SPACE);
    both("read machine to physical", code_read, (void *)MACH2PHYS_VIRT_START);
    both("write machine to physical", code_write, (void *)MACH2PHYS_VIRT_START);
    both("read behind machine to physical", code_read, (void *)(MACH2PHYS_VIRT_END - 8));
    both("read slot 257", code_read, (void *)0xffff808000000000ul);
    both("read slot 272", code_read, (void *)0xffff880000000000ul);
    both("run what is not canonical", code_fetch, (void *)NONCANONICAL);
    set_va(scratch[2], 0x61);
    both("write a read-only page", code_write, scratch[2]);
    both("write a page table", code_write, (void *)start->pt_base);
    set_va(scratch[2], 0x63 | 1ul << 63);
    both("run a page that is NX", code_fetch, scratch[2]);
    set_va(scratch[2], 0);
    both("read across a hole", code_across, scratch[1]);
    set_va(scratch[2], 0x63);
    both("write a page without the user bit", code_write, scratch[2]);
}

static long register_callback(unsigned type, unsigned flags, unsigned vector)
{
    struct callback_register r = {.type = (uint16_t)type, .flags = (uint16_t)flags};

    r.address = (unsigned long)callback_stubs + (vector - VEC_EVENT) * 16;
    return pvk_raw2(__HYPERVISOR_callback_op, CALLBACKOP_register, &r);
}

static void user_only(const char *what, uint64_t (*code)(void *), uint64_t cs)
{
    try_user_as(code, NULL, cs, 2);
    frame(what, (uint64_t)code, (uint64_t)user_stack_top);
}

static void ask_entries(void)
{
    user_only("system call", code_syscall, FLAT_USER_CS);
    user_only("system call with DF", code_syscall_df, FLAT_USER_CS);
    user_only("system call with NT", code_nt, FLAT_USER_CS);
    user_only("sysenter, no callback", code_sysenter, FLAT_USER_CS);
    user_only("32-bit", code_compat, FLAT_USER_CS32);
    user_only("32-bit #UD", code_compat_ud, FLAT_USER_CS32);
    user_only("32-bit in", code_compat_in, FLAT_USER_CS32);
    user_only("32-bit system call, no callback", code_compat_syscall, FLAT_USER_CS32);
    user_only("32-bit sysenter, no callback", code_compat_sysenter, FLAT_USER_CS32);
    number("register syscall32", register_callback(CALLBACKTYPE_syscall32, 0, VEC_SYSCALL32));
    number("register sysenter", register_callback(CALLBACKTYPE_sysenter, 0, VEC_SYSENTER));
    user_only("32-bit system call", code_compat_syscall, FLAT_USER_CS32);
    user_only("32-bit sysenter", code_compat_sysenter, FLAT_USER_CS32);
    user_only("sysenter", code_sysenter, FLAT_USER_CS);
    register_callback(CALLBACKTYPE_syscall, CALLBACKF_mask_events, VEC_SYSCALL);
    register_callback(CALLBACKTYPE_syscall32, CALLBACKF_mask_events, VEC_SYSCALL32);
    user_only("system call, masking", code_syscall, FLAT_USER_CS);
    user_only("32-bit system call, masking", code_compat_syscall, FLAT_USER_CS32);
    register_callback(CALLBACKTYPE_syscall, 0, VEC_SYSCALL);
    try_user_as(code_syscall, NULL, FLAT_USER_CS, 0x202);
    frame("system call with IF", (uint64_t)code_syscall, (uint64_t)user_stack_top);
}

static void ask_gates(void)
{
    user_only("int 0x80, no gate", code_int80, FLAT_USER_CS);
    set_trap(0x80, 0, true);
    both("int 0x80, DPL 0", code_int80, NULL);
    set_trap(0x80, 1, true);
    both("int 0x80, DPL 1", code_int80, NULL);
    set_trap(0x80, 3, false);
    both("int 0x80, DPL 3", code_int80, NULL);
    set_trap(0x80, 3, true);
    both("int 0x80, DPL 3, masking", code_int80, NULL);
    user_only("32-bit int 0x80", code_compat_int80, FLAT_USER_CS32);
    set_trap(3, 0, true);
    both("int3, DPL 0", code_int3, NULL);
    set_trap(3, 3, false);
    both("int3, DPL 3", code_int3, NULL);
    set_trap(3, 3, true);
}

static void ask_returns(void)
{
    static const struct {
        const char *name;
        uint64_t (*code)(void *);
        uint64_t cs, rflags;
    } returns[] = {
        {"return with cs 0xe033", code_cs, FLAT_USER_CS64, 2},
        {"return with cs 0xe023", code_compat, FLAT_USER_CS32, 2},
        {"return with cs 3", code_cs, 3, 2},
        {"return with cs 0xe02b", code_cs, 0xe02b, 2},
        {"return with cs 0x10003", code_cs, 0x10003, 2},
        {"return with cs 0xe033 and more", code_cs, 0x12340000e033, 2},
        {"return with cs 0xffff", code_cs, 0xffff, 2},
        {"return with IOPL", code_pushf, FLAT_USER_CS, 0x3002},
        {"return with all flags but TF", code_pushf, FLAT_USER_CS, 0xffffffff & ~0x20100},
        {"return with VM", code_pushf, FLAT_USER_CS, 0x20002},
        {"return with NT", code_pushf, FLAT_USER_CS, 0x4002},
        {"return with RF", code_pushf, FLAT_USER_CS, 0x10002},
        {"return with AC", code_pushf, FLAT_USER_CS, 0x40002},
        {"return to kernel mode", code_return, FLAT_KERNEL_CS & ~3, 2},
        {"return with ss", code_ss, FLAT_USER_CS, 2},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(returns); i++) {
        try_user_as(returns[i].code, NULL, returns[i].cs, returns[i].rflags);
        name(returns[i].name);
        outcome((uint64_t)returns[i].code);
        print(" rax ");
        print_hex(seen.rax);
        print(" cs ");
        print_hex(seen.cs);
        print(" ss ");
        print_hex(seen.ss);
        print(" rflags ");
        print_hex(seen.rflags);
        print("\n");
    }
    try(code_compat_mode, NULL);
    name("far return to 32-bit code and back");
    outcome((uint64_t)code_compat_mode);
    print(" ");
    print_hex(seen.rax);
    print("\n");
    {
        struct user u = {code_pushf, NULL, FLAT_USER_CS, 0x246, VGCF_in_syscall};

        attempt(enter_user, &u);
        frame("return as from a system call", (uint64_t)code_pushf, (uint64_t)user_stack_top);
    }
}

static uint64_t send_nmi(void *unused)
{
    uint64_t rc = (uint64_t)pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 0, NULL);

    __asm__ volatile("nop; nop");
    return rc;
}

static void ask_nmi(void)
{
    try(send_nmi, NULL);
    name("nmi");
    print(seen.vector == 2 ? "arrives" : "does not arrive");
    print(" mask ");
    print_hex(seen.masked);
    try(send_nmi, NULL);
    print(seen.vector == 2 ? ", again" : ", no other one before iret");
    try_user(code_return, NULL);
    name(", iret");
    outcome(0);
    print("\n");
    try_user(code_return, NULL);
    try_user(code_return, NULL);
}

static uint64_t no_ss(void *unused)
{
    static struct {
        uint64_t flags, rip, cs, rflags, rsp, ss;
    } f;

    f.rip = (uint64_t)code_ud2;
    f.cs = FLAT_KERNEL_CS & ~3;
    f.rflags = 2;
    f.rsp = (uint64_t)user_stack_top - 64;
    __asm__ volatile("mov %0, %%rsp; jmp hypercall_page + 23 * 32" ::"r"(&f) : "memory");
    return 0;
}

void ask_traps(void)
{
    ask_faults();
    ask_page_faults();
    ask_entries();
    ask_gates();
    ask_returns();
    ask_nmi();
    try(no_ss, NULL);
    frame("return to the kernel with ss 0", (uint64_t)code_ud2, (uint64_t)user_stack_top - 64);
}
