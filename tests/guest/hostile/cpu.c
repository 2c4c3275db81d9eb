/* SPDX-License-Identifier: MIT */
/* Attacks on descriptors, gates, privileged instructions and vcpu state. */
#include "hostile.h"

#include <xen/physdev.h>
#include <xen/vcpu.h>

#define CODE64_DPL0 0x00af9b000000fffful
#define CALLGATE    0x0000ec0000080000ul /* DPL 3 gate to selector 8 */
#define TSS_BUSY    0x0000eb0000000067ul

static long set_va(const void *va, uint64_t pte)
{
    return pvk_raw3(__HYPERVISOR_update_va_mapping, va, pte, UVMF_INVLPG);
}

static long gdt_of(const void *page, unsigned int entries)
{
    uint64_t frame = mfn_of(page);

    return pvk_raw2(__HYPERVISOR_set_gdt, &frame, entries);
}

static long gdt_writable(void)
{
    long rc = gdt_of(spare_page[0], 512); /* still mapped writable */

    return rc;
}

static long gdt_too_many(void)
{
    static uint64_t frames[16];

    return pvk_raw2(__HYPERVISOR_set_gdt, frames, 14 * 512 + 1);
}

static long gdt_count_huge(void)
{
    static uint64_t frames[16];

    return pvk_raw2(__HYPERVISOR_set_gdt, frames, 0xffffffff);
}

static long gdt_beyond_ram(void)
{
    uint64_t frame = 1ul << 39;

    return pvk_raw2(__HYPERVISOR_set_gdt, &frame, 512);
}

/* A GDT with one forged descriptor in slot 3. */
static long gdt_forged(uint64_t desc)
{
    uint64_t mfn = mfn_of(spare_page[1]);
    long rc;

    ((uint64_t *)spare_page[1])[3] = desc;
    rc = set_va(spare_page[1], mfn << 12 | PTE_P | PTE_A);
    if (!rc) {
        rc = gdt_of(spare_page[1], 512);
        (void)pvk_raw2(__HYPERVISOR_set_gdt, NULL, 0);
    }
    (void)set_va(spare_page[1], mfn << 12 | PTE_KERNEL);
    ((uint64_t *)spare_page[1])[3] = 0;
    return rc;
}

static long gdt_callgate(void)
{
    return gdt_forged(CALLGATE);
}

static long gdt_tss(void)
{
    return gdt_forged(TSS_BUSY);
}

static long gdt_ring0_code(void)
{
    return gdt_forged(CODE64_DPL0);
}

static long descriptor_in_plain_page(void)
{
    return pvk_raw2(__HYPERVISOR_update_descriptor, maddr_of(spare_page[2]), 0x00cff3000000fffful);
}

static long descriptor_gate(void)
{
    return pvk_raw2(__HYPERVISOR_update_descriptor, maddr_of(spare_page[2]), CALLGATE);
}

static long descriptor_beyond_ram(void)
{
    return pvk_raw2(__HYPERVISOR_update_descriptor, 1ul << 51, 0);
}

static long descriptor_unaligned(void)
{
    return pvk_raw2(__HYPERVISOR_update_descriptor, maddr_of(spare_page[2]) + 4, 0);
}

static long ldt(uint64_t base, uint64_t ents)
{
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT};

    op.arg1.linear_addr = base;
    op.arg2.nr_ents = (unsigned int)ents;
    return pvk_raw4(__HYPERVISOR_mmuext_op, &op, 1, NULL, DOMID_SELF);
}

static long ldt_in_hypervisor(void)
{
    return ldt(HV_SPACE, 8);
}

static long ldt_unaligned(void)
{
    return ldt((uint64_t)spare_page[0] + 8, 8);
}

static long ldt_too_large(void)
{
    return ldt((uint64_t)spare_page[0], 8193);
}

static long load_selector(unsigned int sel)
{
    __asm__ volatile("mov %0, %%es" ::"r"(sel));
    return 0;
}

static long ldt_writable_use(void) /* the LDT page is mapped writable: using it must fail */
{
    long rc = ldt((uint64_t)spare_page[0], 8);

    return rc ? rc : load_selector(7);
}

static long ldt_clear(void)
{
    return ldt(0, 0);
}

static long load_ring0_data(void)
{
    return load_selector(0xe010);
}

static long far_jump_ring0(void)
{
    static struct {
        uint64_t offset;
        uint16_t sel;
    } __attribute__((packed)) target = {0xffffffff80100000ul, 0xe008};

    /* ljmp *(%rdi) with a 64-bit offset, which assemblers spell differently */
    __asm__ volatile(".byte 0x48, 0xff, 0x2f" ::"D"(&target) : "memory");
    return 0;
}

#define INSN(name, text, ...)                                                        \
    static long name(void)                                                           \
    {                                                                                \
        __asm__ volatile(text ::__VA_ARGS__ : "memory", "rax", "rcx", "rdx", "rbx"); \
        return 0;                                                                    \
    }

static uint64_t pseudo_desc[2];

INSN(insn_lgdt, "lgdt %0", "m"(pseudo_desc))
INSN(insn_lidt, "lidt %0", "m"(pseudo_desc))
INSN(insn_ltr, "ltr %w0", "r"(0x40))
INSN(insn_lldt, "lldt %w0", "r"(0))
INSN(insn_hlt, "hlt", "r"(0))
INSN(insn_cli, "cli", "r"(0))
INSN(insn_sti, "sti", "r"(0))
INSN(insn_vmrun, "xor %%eax, %%eax; vmrun", "r"(0))
INSN(insn_vmcall, "xor %%eax, %%eax; vmcall", "r"(0))
INSN(insn_swapgs, "swapgs", "r"(0))
INSN(insn_sysret, "sysretq", "r"(0))
INSN(insn_invlpg_hv, "invlpg (%0)", "r"(HV_SPACE))
INSN(insn_out_pic, "mov $0xff, %%al; outb %%al, $0x21", "r"(0))
INSN(insn_int_80, "int $0x80", "r"(0))
INSN(insn_int_82, "int $0x82", "r"(0))
INSN(insn_int_0e, "int $0x0e", "r"(0))
INSN(insn_ud2, "ud2", "r"(0))
INSN(insn_xsetbv, "xor %%ecx, %%ecx; xor %%edx, %%edx; mov $7, %%eax; xsetbv", "r"(0))
INSN(insn_cr8_write, "mov %0, %%cr8", "r"(0ul))
INSN(insn_wrmsr_lstar, "mov $0xc0000082, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr", "r"(0))
INSN(insn_wrmsr_efer, "mov $0xc0000080, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr", "r"(0))
INSN(insn_rdmsr_bogus, "mov $0x12345, %%ecx; rdmsr", "r"(0))
INSN(insn_gsbase_noncanonical,
     "mov $0xc0000101, %%ecx; xor %%eax, %%eax; mov $0x8000, %%edx; wrmsr", "r"(0))
INSN(read_hypervisor, "mov (%0), %%rax", "r"(HV_SPACE))
INSN(write_hypervisor, "movq $0, (%0)", "r"(HV_SPACE))
INSN(read_m2p, "mov (%0), %%rax", "r"(M2P_SPACE + 0x1000))
INSN(write_m2p, "movq $0, (%0)", "r"(M2P_SPACE))
INSN(jump_hypervisor, "call *%0", "r"(HV_SPACE))

static long segment_base(unsigned int which, uint64_t base)
{
    return pvk_raw2(__HYPERVISOR_set_segment_base, which, base);
}

static long fs_noncanonical(void)
{
    return segment_base(SEGBASE_FS, NONCANONICAL);
}

static long gs_user_noncanonical(void)
{
    return segment_base(SEGBASE_GS_USER, NONCANONICAL);
}

static long segbase_unknown(void)
{
    return segment_base(99, 0);
}

static long segbase_bad_selector(void)
{
    long rc = segment_base(SEGBASE_GS_USER_SEL, 0xe008);

    return rc;
}

static long debugreg(unsigned int reg, uint64_t value)
{
    return pvk_raw2(__HYPERVISOR_set_debugreg, reg, value);
}

static long dr0_hypervisor(void)
{
    return debugreg(0, HV_SPACE);
}

static long dr0_noncanonical(void)
{
    return debugreg(0, NONCANONICAL);
}

static long dr7_general_detect(void)
{
    return debugreg(7, 1ul << 13);
}

static long dr_unknown(void)
{
    return debugreg(9, 0);
}

static long stack_in_hypervisor(void)
{
    return pvk_raw2(__HYPERVISOR_stack_switch, 0xe010, HV_SPACE + 4096);
}

static long trap_to_hypervisor(void)
{
    static struct trap_info t[2] = {{.vector = 3, .flags = 3, .cs = 0xe008, .address = HV_SPACE}};

    return pvk_raw1(__HYPERVISOR_set_trap_table, t);
}

static long trap_noncanonical(void)
{
    static struct trap_info t[2] = {
        {.vector = 4, .flags = 3, .cs = 0xe033, .address = NONCANONICAL}};

    return pvk_raw1(__HYPERVISOR_set_trap_table, t);
}

static long iopl_too_high(void)
{
    struct physdev_set_iopl op = {.iopl = 4};

    return pvk_raw2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &op);
}

static long iobitmap_too_large(void)
{
    struct physdev_set_iobitmap op = {.nr_ports = 65537};

    return pvk_raw2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &op);
}

static long vcpu_out_of_range(void)
{
    return pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 0xffffffff, NULL);
}

static long vcpu_info_straddles(void)
{
    struct vcpu_register_vcpu_info r = {.mfn = mfn_of(spare_page[0]), .offset = 4096 - 32};

    return pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &r);
}

static long vcpu_info_beyond_ram(void)
{
    struct vcpu_register_vcpu_info r = {.mfn = 1ul << 39, .offset = 0};

    return pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &r);
}

static long vcpu_info_on_table(void)
{
    struct vcpu_register_vcpu_info r = {.mfn = mfn_of(table_of(spare_page, 1)), .offset = 0};

    return pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, &r);
}

static long vcpu0_initialise(void)
{
    static struct vcpu_guest_context ctx;

    return pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 0, &ctx);
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case cpu_cases[] = {
    C(gdt_writable),
    C(gdt_too_many),
    C(gdt_count_huge),
    C(gdt_beyond_ram),
    C(gdt_callgate),
    C(gdt_tss),
    C(gdt_ring0_code),
    C(descriptor_in_plain_page),
    C(descriptor_gate),
    C(descriptor_beyond_ram),
    C(descriptor_unaligned),
    C(ldt_in_hypervisor),
    C(ldt_unaligned),
    C(ldt_too_large),
    C(ldt_writable_use),
    C(ldt_clear),
    C(load_ring0_data),
    C(far_jump_ring0),
    C(insn_lgdt),
    C(insn_lidt),
    C(insn_ltr),
    C(insn_lldt),
    C(insn_hlt),
    C(insn_cli),
    C(insn_sti),
    C(insn_vmrun),
    C(insn_vmcall),
    C(insn_swapgs),
    C(insn_sysret),
    C(insn_invlpg_hv),
    C(insn_out_pic),
    C(insn_int_80),
    C(insn_int_82),
    C(insn_int_0e),
    C(insn_ud2),
    C(insn_xsetbv),
    C(insn_cr8_write),
    C(insn_wrmsr_lstar),
    C(insn_wrmsr_efer),
    C(insn_rdmsr_bogus),
    C(insn_gsbase_noncanonical),
    C(read_hypervisor),
    C(write_hypervisor),
    C(read_m2p),
    C(write_m2p),
    C(jump_hypervisor),
    C(fs_noncanonical),
    C(gs_user_noncanonical),
    C(segbase_unknown),
    C(segbase_bad_selector),
    C(dr0_hypervisor),
    C(dr0_noncanonical),
    C(dr7_general_detect),
    C(dr_unknown),
    C(stack_in_hypervisor),
    C(trap_to_hypervisor),
    C(trap_noncanonical),
    C(iopl_too_high),
    C(iobitmap_too_large),
    C(vcpu_out_of_range),
    C(vcpu_info_straddles),
    C(vcpu_info_beyond_ram),
    C(vcpu_info_on_table),
    C(vcpu0_initialise),
};
const unsigned int nr_cpu_cases = ARRAY_SIZE(cpu_cases);
