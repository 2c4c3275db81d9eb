/* SPDX-License-Identifier: MIT */
/* Descriptor tables of the guest's own, segment bases, and what is kept across user mode. */
#include "conform.h"

#define CODE(fn, text)   \
    uint64_t fn(void *); \
    __asm__(".text\n" #fn ": " text "\n\tret\n")

CODE(seg_load_es, "mov %edi, %es; mov %es, %eax; xor %ecx, %ecx; mov %ecx, %es");
CODE(seg_load_fs, "mov %edi, %fs; mov %fs, %eax");
CODE(seg_load_gs, "mov %edi, %gs; mov %gs, %eax");
CODE(seg_read_fs, "mov %fs:0, %rax");
CODE(seg_read_gs, "mov %gs:0, %rax");
CODE(seg_lar, "xor %eax, %eax; lar %edi, %eax");
CODE(seg_lsl, "xor %eax, %eax; lsl %edi, %eax");
CODE(seg_call, "push %rdi; push $0; lcall *(%rsp); pop %rcx; pop %rcx");
CODE(seg_cs, "push %rdi; push $1f; lretq; 1: mov %cs, %ecx; pushq $0xe033; push $2f; lretq; 2: mov "
             "%ecx, %eax");

#define DATA       0x00cff3000000fffful
#define DATA0      0x00cf93000000fffful
#define CODE64     0x00affb000000fffful
#define CODE32     0x00cffb000000fffful
#define CODE16     0x000ffb000000fffful
#define CONFORMING 0x00afff000000fffful
#define BASED      0x12cff3345678fffful
#define ABSENT     0x00cf73000000fffful
#define GATE       0x0000ec0000080000ul

static void set_page(void *va, uint64_t flags)
{
    (void)pvk_raw3(__HYPERVISOR_update_va_mapping, va, mfn_of(va) << 12 | flags, UVMF_INVLPG);
}

static void with(const char *what, uint64_t (*code)(void *), unsigned sel)
{
    name(what);
    print_hex(sel);
    print(" ");
    try(code, (void *)(uint64_t)sel);
    outcome((uint64_t)code);
    print(" ");
    print_hex(seen.vector == RETURNED ? seen.rax : 0);
    print(", user ");
    try_user(code, (void *)(uint64_t)sel);
    outcome((uint64_t)code);
    print(" ");
    print_hex(seen.vector == RETURNED ? seen.rax : 0);
    print("\n");
}

static void selectors(unsigned table)
{
    for (unsigned i = 0; i < 12; i++) {
        unsigned sel = i * 8 | 3 | table;

        with("es ", seg_load_es, sel);
        with("lar ", seg_lar, sel);
        with("lsl ", seg_lsl, sel);
    }
}

static void ask_gdt(void)
{
    static const uint64_t descs[] = {0,      DATA,       DATA0, CODE64, CODE32,
                                     CODE16, CONFORMING, BASED, ABSENT};
    uint64_t *gdt = (uint64_t *)scratch[4], mfn = mfn_of(gdt);

    for (unsigned i = 0; i < ARRAY_SIZE(descs); i++)
        gdt[i] = descs[i];
    number("set_gdt, writable", pvk_raw2(__HYPERVISOR_set_gdt, &mfn, 512));
    set_page(gdt, 0x61);
    number("set_gdt", pvk_raw2(__HYPERVISOR_set_gdt, &mfn, 12));
    for (unsigned i = 0; i < ARRAY_SIZE(descs); i++)
        hex("descriptor", gdt[i]);
    selectors(0);
    with("lar ", seg_lar, 12 * 8 | 3);
    with("lar ", seg_lar, 511 * 8 | 3);
    with("far to ", seg_cs, 3 * 8 | 3);
    with("lar ", seg_lar, 0xe008);
    with("lsl ", seg_lsl, 0xe040);
    number("make it writable",
           pvk_raw3(__HYPERVISOR_update_va_mapping, gdt, mfn << 12 | 0x63, UVMF_INVLPG));
    for (unsigned i = 0; i < 16; i++) {
        uint64_t desc = (GATE & ~(0xfull << 40)) | (uint64_t)i << 40;

        name("update_descriptor, system type");
        print_number(i);
        print(" ");
        print_number(pvk_raw2(__HYPERVISOR_update_descriptor, mfn << 12 | 80, desc));
        print(" ");
        print_hex(gdt[10]);
        print("\n");
        (void)pvk_raw2(__HYPERVISOR_update_descriptor, mfn << 12 | 80, 0);
    }
    number("update_descriptor", pvk_raw2(__HYPERVISOR_update_descriptor, mfn << 12 | 72, DATA0));
    hex("it is", gdt[9]);
    number("update_descriptor beyond the entries",
           pvk_raw2(__HYPERVISOR_update_descriptor, mfn << 12 | 8 * 100, DATA));
    number("no gdt", pvk_raw2(__HYPERVISOR_set_gdt, NULL, 0));
    with("lar ", seg_lar, 8 | 3);
    set_page(gdt, 0x63);
}

static long set_ldt(void *base, unsigned ents)
{
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT};

    op.arg1.linear_addr = (uint64_t)base;
    op.arg2.nr_ents = ents;
    return pvk_raw4(__HYPERVISOR_mmuext_op, &op, 1, NULL, DOMID_SELF);
}

static void ask_ldt(void)
{
    uint64_t *ldt = (uint64_t *)scratch[5];

    ldt[1] = DATA;
    ldt[2] = DATA0;
    ldt[3] = CODE64;
    ldt[4] = CODE32;
    number("set_ldt, writable", set_ldt(ldt, 8));
    with("es ", seg_load_es, 8 | 7);
    set_page(ldt, 0x61);
    with("es ", seg_load_es, 8 | 7);
    selectors(4);
    with("far to ", seg_cs, 3 * 8 | 7);
    number("make it writable",
           pvk_raw3(__HYPERVISOR_update_va_mapping, ldt, mfn_of(ldt) << 12 | 0x63, UVMF_INVLPG));
    number("no ldt", set_ldt(NULL, 0));
    number("make it writable",
           pvk_raw3(__HYPERVISOR_update_va_mapping, ldt, mfn_of(ldt) << 12 | 0x63, UVMF_INVLPG));
    with("es ", seg_load_es, 8 | 7);
    number("ldt at no page", set_ldt((void *)UNMAPPED, 8));
    with("es ", seg_load_es, 8 | 7);
    number("ldt of 0 entries somewhere", set_ldt(ldt, 0));
    number("ldt of a byte offset and 0 entries", set_ldt((char *)ldt + 1, 0));
    number("no ldt", set_ldt(NULL, 0));
}

static uint64_t bases[2] = {0xf5, 0x95};

static long segbase(unsigned which, uint64_t v)
{
    return pvk_raw2(__HYPERVISOR_set_segment_base, which, v);
}

static void put_base(const char *which, uint64_t (*read)(void *), bool user)
{
    print(which);
    if (user)
        try_user(read, NULL);
    else
        try(read, NULL);
    outcome((uint64_t)read);
    print(" ");
    print_hex(seen.vector == RETURNED ? seen.rax : 0);
}

static void read_bases(const char *what)
{
    name(what);
    put_base("fs ", seg_read_fs, false);
    put_base(" gs ", seg_read_gs, false);
    put_base(", user fs ", seg_read_fs, true);
    put_base(" gs ", seg_read_gs, true);
    print("\n");
}

static void ask_bases(void)
{
    static uint64_t user_gs = 0x77;

    number("fs base", segbase(SEGBASE_FS, (uint64_t)&bases[0]));
    number("gs base", segbase(SEGBASE_GS_KERNEL, (uint64_t)&bases[1]));
    number("user gs base", segbase(SEGBASE_GS_USER, (uint64_t)&user_gs));
    read_bases("bases");
    with("fs ", seg_load_fs, 0);
    with("gs ", seg_load_gs, 0);
    read_bases("after null selectors");
    number("gs base", segbase(SEGBASE_GS_KERNEL, (uint64_t)&bases[1]));
    number("user gs selector 0", segbase(SEGBASE_GS_USER_SEL, 0));
    read_bases("after a null user selector");
    number("user gs base", segbase(SEGBASE_GS_USER, (uint64_t)&user_gs));
    number("user gs selector", segbase(SEGBASE_GS_USER_SEL, FLAT_USER_DS));
    read_bases("after a flat user selector");
    number("user gs bad selector", segbase(SEGBASE_GS_USER_SEL, 0x1234));
    read_bases("after a bad user selector");
    number("upper half of the command", segbase(0, 0));
    for (uint64_t c = 0; c < 6; c++)
        number("command with upper bits",
               (long)pvk_raw2(__HYPERVISOR_set_segment_base, c | 1ul << 32, &bases));
    segbase(SEGBASE_FS, 0);
    segbase(SEGBASE_GS_KERNEL, 0);
    segbase(SEGBASE_GS_USER, 0);
}

void ask_segments(void)
{
    ask_gdt();
    ask_ldt();
    ask_bases();
}
