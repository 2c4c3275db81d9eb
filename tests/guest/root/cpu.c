/* SPDX-License-Identifier: MIT */
#include "root.h"

#include <asm/ldt.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CODE_BYTES 16

/* Instructions, each followed by a return. */
static const struct {
    uint8_t bytes[CODE_BYTES];
} instructions[] = {
    {{0xfa}},                                     /* cli */
    {{0xfb}},                                     /* sti */
    {{0xf4}},                                     /* hlt */
    {{0x0f, 0x06}},                               /* clts */
    {{0x0f, 0x08}},                               /* invd */
    {{0x0f, 0x09}},                               /* wbinvd */
    {{0x0f, 0x20, 0xc0}},                         /* mov %cr0, %rax */
    {{0x0f, 0x22, 0xc0}},                         /* mov %rax, %cr0 */
    {{0x31, 0xc0, 0x0f, 0x22, 0xd8}},             /* cr3 = 0 */
    {{0x31, 0xc0, 0x0f, 0x22, 0xe0}},             /* cr4 = 0 */
    {{0x31, 0xc0, 0x44, 0x0f, 0x22, 0xc0}},       /* cr8 = 0 */
    {{0x31, 0xc0, 0x0f, 0x23, 0xf8}},             /* dr7 = 0 */
    {{0x0f, 0x21, 0xf8}},                         /* mov %dr7, %rax */
    {{0x0f, 0x01, 0x14, 0x24}},                   /* lgdt (%rsp) */
    {{0x0f, 0x01, 0x1c, 0x24}},                   /* lidt (%rsp) */
    {{0x0f, 0x01, 0x04, 0x24}},                   /* sgdt (%rsp): writes over the return address */
    {{0x31, 0xc0, 0x0f, 0x00, 0xd0}},             /* lldt %ax */
    {{0x31, 0xc0, 0x0f, 0x00, 0xd8}},             /* ltr %ax */
    {{0x0f, 0x01, 0xf0}},                         /* lmsw %ax */
    {{0x0f, 0x01, 0x3f}},                         /* invlpg (%rdi) */
    {{0x31, 0xc9, 0x0f, 0x30}},                   /* wrmsr */
    {{0x31, 0xc9, 0x0f, 0x32}},                   /* rdmsr */
    {{0x31, 0xc9, 0x0f, 0x33}},                   /* rdpmc */
    {{0x31, 0xc9, 0x0f, 0x01, 0xd1}},             /* xsetbv: xcr0 = rdx:rax */
    {{0x0f, 0x01, 0xf8}},                         /* swapgs */
    {{0x48, 0x0f, 0x07}},                         /* sysretq */
    {{0x0f, 0x34}},                               /* sysenter */
    {{0x0f, 0x35}},                               /* sysexit */
    {{0x0f, 0x05}},                               /* syscall */
    {{0x0f, 0x01, 0xc1}},                         /* vmcall */
    {{0x0f, 0x01, 0xd9}},                         /* vmmcall */
    {{0x0f, 0x01, 0xd8}},                         /* vmrun */
    {{0x0f, 0x01, 0xdc}},                         /* stgi */
    {{0x0f, 0x01, 0xdd}},                         /* clgi */
    {{0x0f, 0x01, 0xda}},                         /* vmload */
    {{0x0f, 0x01, 0xdb}},                         /* vmsave */
    {{0x0f, 0xaa}},                               /* rsm */
    {{0x0f, 0x01, 0xca}},                         /* clac */
    {{0x0f, 0x01, 0xcb}},                         /* stac */
    {{0x0f, 0x01, 0xc8}},                         /* monitor */
    {{0x0f, 0x01, 0xc9}},                         /* mwait */
    {{0x6a, 0xff, 0x9d}},                         /* popf: all flags */
    {{0x68, 0x00, 0x30, 0x04, 0x00, 0x9d}},       /* popf: I/O privilege, alignment checks */
    {{0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2}}, /* the forced cpuid of PV guests */
    {{0xf1}},                                     /* int1 */
    {{0xcc}},                                     /* int3 */
    {{0x0f, 0x0b}},                               /* ud2 */
    {{0x48, 0xcf}},                               /* iretq from whatever is on the stack */
    {{0x48, 0xcb}},                               /* lretq */
    {{0x31, 0xe4, 0x50}},                         /* push without a stack */
    {{0x48, 0x31, 0xe4, 0xcd, 0x80}},             /* int $0x80 without a stack */
    {{0x48, 0x31, 0xe4, 0x0f, 0x05}},             /* syscall without a stack */
    {{0x6c}},                                     /* insb */
    {{0x6e}},                                     /* outsb */
};
#define NR_INSTRUCTIONS (sizeof(instructions) / sizeof(instructions[0]))

static uint8_t *code;

/* Every instruction begins where the page ends for the last of its bytes, too. */
static void run(uint64_t at)
{
    ((void (*)(void *))(uintptr_t)(code + at))(code);
}

static bool try_bytes(const uint8_t *bytes, unsigned n)
{
    memset(code, 0x90, 4096);
    memcpy(code, bytes, n);
    code[n] = 0xc3;
    return survive(run, 0);
}

static void try_interrupts(void)
{
    unsigned whole = 0;

    for (unsigned vector = 0; vector < 256; vector++) {
        uint8_t bytes[] = {0xcd, (uint8_t)vector};

        whole += try_bytes(bytes, sizeof(bytes));
    }
    printf("cpu: %u of 256 software interrupts came back\n", whole);
}

static void set_ds(uint64_t selector)
{
    __asm__ volatile("movl %0, %%ds; movl %0, %%es" : : "r"((uint32_t)selector));
}

static void far_return(uint64_t selector)
{
    __asm__ volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
                     :
                     : "r"(selector)
                     : "rax", "memory");
}

static void far_iret(uint64_t selector)
{
    __asm__ volatile("movq %%rsp, %%rcx; pushq $0x2b; pushq %%rcx; pushq $0x3202; pushq %0;"
                     "leaq 1f(%%rip), %%rax; pushq %%rax; iretq; 1:"
                     :
                     : "r"(selector)
                     : "rax", "rcx", "memory");
}

/* Of the GDT of Linux, of the hypervisor above it, and of the LDT. */
static void try_selectors(void)
{
    unsigned whole = 0;

    for (unsigned s = 0; s < 0x10000; s += s < 0x100 || s >> 8 == 0xe0 ? 1 : 0x80) {
        whole += survive(set_ds, s);
        if (s % 8 && s != 0x33) /* 32-bit code would run on at the same place */
            continue;
        whole += survive(far_return, s) + survive(far_iret, s);
    }
    printf("cpu: %u selectors were good for something\n", whole);
}

static void strange_call(uint64_t number)
{
    syscall((long)number, number, -1, number >> 3, -number, 8, 1);
}

/* Calls beyond the table: numbers of Linux's own calls are not tried, some would end us. */
static void try_calls(uint64_t seed)
{
    unsigned whole = 0;

    for (unsigned i = 0; i < 1000; i++)
        whole += survive(strange_call, root_random(&seed) | 0x1000);
    printf("cpu: %u of 1000 strange calls came back\n", whole);
}

void attack_cpu(uint64_t seed)
{
    unsigned whole = 0;

    code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        return;
    for (size_t i = 0; i < NR_INSTRUCTIONS; i++) {
        unsigned n = CODE_BYTES;

        while (!instructions[i].bytes[n - 1])
            n--;
        whole += try_bytes(instructions[i].bytes, n);
    }
    printf("cpu: %u of %zu instructions came back\n", whole, NR_INSTRUCTIONS);
    try_interrupts();
    try_selectors();
    try_calls(seed);
}

static void load_fs(uint64_t selector)
{
    __asm__ volatile("movw %w0, %%es; movl %%es:0, %%eax" : : "r"((uint32_t)selector) : "eax");
}

void attack_ldt(uint64_t seed)
{
    unsigned taken = 0, whole = 0;

    for (unsigned i = 0; i < 400; i++) {
        uint64_t bits = root_random(&seed);
        struct user_desc d = {.entry_number = bits % 8192,
                              .base_addr = (unsigned)root_random(&seed),
                              .limit = (unsigned)(bits >> 13) & 0xfffff};

        d.seg_32bit = bits >> 33 & 1;
        d.contents = bits >> 34 & 3;
        d.read_exec_only = bits >> 36 & 1;
        d.limit_in_pages = bits >> 37 & 1;
        d.seg_not_present = bits >> 38 & 1;
        d.useable = bits >> 39 & 1;
        if (i % 128 == 0)
            d.entry_number = 8191; /* the whole table */
        if (syscall(SYS_modify_ldt, i % 3 ? 0x11 : 1, &d, sizeof(d)))
            continue;
        taken++;
        whole += survive(load_fs, d.entry_number * 8 | 7);
    }
    printf("ldt: %u of 400 descriptors taken, %u could be used\n", taken, whole);
}
