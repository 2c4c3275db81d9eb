/* SPDX-License-Identifier: MIT */
/* Native cpu group: descriptor tables, registers, the end of the machine. */
#include "native.h"
#include "cpu.h"
#include "hw.h"
#include "../insn.h"

#define KERNEL_CS 0x08
#define KERNEL_SS 0x10
#define TSS_INDEX 6
#define LDT_INDEX 8 /* two entries, like the TSS */

#define ACPI_POWER_PORT 0x604 /* PM1a control of QEMU's pc machine, and of hv-stub's */
#define ACPI_POWER_OFF  0x2000
#define RESET_PORT      0x64
#define RESET_PULSE     0xfe

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
    uint32_t offset_high, reserved;
};

#define PORTS 65536

static struct {
    uint32_t reserved0;
    uint64_t rsp0;
    uint64_t unused[11];
    uint16_t reserved1, bitmap_offset;
    uint8_t bitmap[PORTS / 8 + 1];
} __attribute__((packed)) tss;

static uint64_t gdt[PAGE_SIZE / 8] __attribute__((aligned(4096))) = {
    0,
    0x00af9b000000ffff, /* kernel code */
    0x00cf93000000ffff, /* kernel data */
    0,                  /* sysret counts from here */
    0x00cff3000000ffff, /* user data */
    0x00affb000000ffff, /* user code */
};
static struct gate idt[256] __attribute__((aligned(16)));
uint64_t native_kernel_sp;

/* A 16-byte system descriptor: type 9 is a TSS, type 2 an LDT. */
static void set_system_descriptor(unsigned index, void *base, uint32_t limit, unsigned type)
{
    uint64_t b = (uint64_t)base;

    gdt[index] = (limit & 0xffff) | (b & 0xffffff) << 16 | (uint64_t)(0x80 | type) << 40 |
                 (uint64_t)(limit & 0xf0000) << 32 | (b >> 24 & 0xff) << 56;
    gdt[index + 1] = b >> 32;
}

void native_init(void)
{
    struct table_pointer p = {sizeof(gdt) - 1, (uint64_t)gdt};

    memset(tss.bitmap, 0xff, sizeof(tss.bitmap));
    tss.bitmap_offset = offsetof(typeof(tss), bitmap);
    set_system_descriptor(TSS_INDEX, &tss, sizeof(tss) - 1, 9);
    asm volatile("lgdt %0" ::"m"(p));
    asm volatile("ltr %w0" ::"r"(TSS_INDEX * 8));
    native_write_msr(MSR_STAR, (uint64_t)0x18 << 48 | (uint64_t)KERNEL_CS << 32);
    native_write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
    native_write_msr(MSR_SFMASK, 0x44700); /* TF, IF, DF, AC and NT are cleared */
}

void native_load_traps(const struct trap_gate *gates, unsigned count)
{
    struct table_pointer p = {sizeof(idt) - 1, (uint64_t)idt};

    for (unsigned i = 0; i < count; i++) {
        uint64_t entry = (uint64_t)gates[i].entry;

        idt[gates[i].vector] = (struct gate){
            .offset_low = entry,
            .selector = KERNEL_CS,
            .type = 0x8e | gates[i].dpl << 5,
            .offset_mid = entry >> 16,
            .offset_high = entry >> 32,
        };
    }
    asm volatile("lidt %0" ::"m"(p));
}

int native_write_gdt(unsigned index, uint64_t descriptor)
{
    gdt[index] = descriptor;
    return 0;
}

int native_write_ldt(uint64_t *table, unsigned index, uint64_t descriptor)
{
    table[index] = descriptor;
    return 0;
}

int native_load_ldt(uint64_t *table, unsigned entries)
{
    uint16_t selector = entries ? LDT_INDEX * 8 : 0;

    if (entries)
        set_system_descriptor(LDT_INDEX, table, entries * 8 - 1, 2);
    asm volatile("lldt %0" ::"r"(selector));
    return 0;
}

void native_load_kernel_stack(uint64_t sp)
{
    tss.rsp0 = sp;
    native_kernel_sp = sp;
}

void native_begin_switch(void)
{
}

void native_end_switch(void)
{
}

void native_set_fs_base(uint64_t base)
{
    native_write_msr(MSR_FS_BASE, base);
}

void native_cpuid(uint32_t leaf, uint32_t subleaf, struct cpuid_regs *out)
{
    asm volatile("cpuid"
                 : "=a"(out->eax), "=b"(out->ebx), "=c"(out->ecx), "=d"(out->edx)
                 : "a"(leaf), "c"(subleaf));
}

bool native_read_msr(uint32_t msr, uint64_t *value)
{
    return try_rdmsr(msr, value);
}

bool native_write_msr(uint32_t msr, uint64_t value)
{
    return try_wrmsr(msr, value);
}

uint64_t native_read_cr0(void)
{
    return insn_read_cr0();
}

uint64_t native_read_cr4(void)
{
    return insn_read_cr4();
}

bool native_write_cr4(uint64_t value)
{
    return try_write_cr4(value);
}

void native_set_ts(bool on)
{
    uint64_t cr0;

    if (!on) {
        asm volatile("clts" ::: "memory");
        return;
    }
    asm volatile("mov %%cr0, %0; or $8, %0; mov %0, %%cr0" : "=&r"(cr0)::"memory");
}

#define WRITE_DR(n)                                                                     \
    case n:                                                                             \
        asm volatile(TRY("mov %1, %%db" #n "; movb $1, %0") : "+m"(good) : "r"(value)); \
        break

bool native_set_debugreg(unsigned n, uint64_t value)
{
    bool good = false;

    switch (n) {
        WRITE_DR(0);
        WRITE_DR(1);
        WRITE_DR(2);
        WRITE_DR(3);
        WRITE_DR(6);
        WRITE_DR(7);
    }
    return good;
}

#define READ_DR(n)                                        \
    case n:                                               \
        asm volatile("mov %%db" #n ", %0" : "=r"(value)); \
        break

uint64_t native_get_debugreg(unsigned n)
{
    uint64_t value = 0;

    switch (n) {
        READ_DR(0);
        READ_DR(1);
        READ_DR(2);
        READ_DR(3);
        READ_DR(6);
        READ_DR(7);
    }
    return value;
}

/* Level 3 is granted through the bitmap as well: RFLAGS.IOPL would be per task. */
int native_set_iopl(unsigned level)
{
    memset(tss.bitmap, level == 3 ? 0 : 0xff, PORTS / 8);
    return 0;
}

int native_allow_ports(unsigned first, unsigned count)
{
    memset(tss.bitmap, 0xff, PORTS / 8);
    for (unsigned port = first; port < first + count && port < PORTS; port++)
        tss.bitmap[port / 8] &= ~(1U << port % 8);
    return 0;
}

void native_yield(void)
{
    cpu_pause();
}

/* A crash is a triple fault, which every machine monitor notices. */
void native_shutdown(enum shutdown_reason reason)
{
    struct table_pointer none = {0, 0};

    if (reason == SHUTDOWN_OFF)
        outw(ACPI_POWER_PORT, ACPI_POWER_OFF);
    else if (reason == SHUTDOWN_RESTART)
        outb(RESET_PORT, RESET_PULSE);
    else
        asm volatile("lidt %0; int3" ::"m"(none));
    for (;;)
        asm volatile("cli; hlt");
}
