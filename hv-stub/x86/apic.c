/* SPDX-License-Identifier: MIT */
/*
 * Local APIC (Intel SDM vol. 3, chapter 11), in whichever mode the firmware left it: memory-mapped
 * xAPIC, or x2APIC through MSRs, whose register numbers are the memory offsets shifted right by 4.
 */
#include "hv.h"
#include "apic.h"
#include "boot/boot.h"
#include "cpu.h"
#include "mmio.h"
#include "paging.h"

enum {
    APIC_ID = 0x20,
    APIC_TPR = 0x80,
    APIC_EOI = 0xb0,
    APIC_SVR = 0xf0,
    APIC_ICR = 0x300,
    APIC_ICR_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_LVT_ERROR = 0x370,
    APIC_TIMER_INIT = 0x380,
    APIC_TIMER_NOW = 0x390,
    APIC_TIMER_DIV = 0x3e0,
};

#define BASE_X2APIC     (1u << 10)
#define BASE_ENABLE     (1u << 11)
#define SVR_ENABLE      (1u << 8)
#define LVT_MASKED      (1u << 16)
#define LVT_NMI         (4u << 8)
#define ICR_PENDING     (1u << 12)
#define ICR_ASSERT      (1u << 14)
#define ICR_INIT        (5u << 8)
#define ICR_STARTUP     (6u << 8)
#define TIMER_DIVIDE_1  0xb
#define X2APIC_MSR_BASE 0x800
#define ICR_WAIT_POLLS  100000

static bool x2apic;

static uint32_t apic_read(unsigned reg)
{
    if (x2apic)
        return (uint32_t)rdmsr(X2APIC_MSR_BASE + reg / 16);
    return *(volatile uint32_t *)(HV_MMIO_APIC + reg);
}

static void apic_write(unsigned reg, uint32_t v)
{
    if (x2apic)
        wrmsr(X2APIC_MSR_BASE + reg / 16, v);
    else
        *(volatile uint32_t *)(HV_MMIO_APIC + reg) = v;
}

void apic_init_cpu(void)
{
    wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | BASE_ENABLE | (x2apic ? BASE_X2APIC : 0));
    apic_write(APIC_TPR, 0);
    apic_write(APIC_LVT_TIMER, LVT_MASKED);
    apic_write(APIC_LVT_LINT0, LVT_MASKED);
    apic_write(APIC_LVT_LINT1, LVT_NMI);
    apic_write(APIC_LVT_ERROR, LVT_MASKED);
    apic_write(APIC_SVR, SVR_ENABLE | VEC_SPURIOUS);
    apic_write(APIC_TIMER_DIV, TIMER_DIVIDE_1);
    apic_write(APIC_LVT_TIMER, VEC_TIMER); /* one-shot; fires only once it has a count */
}

void apic_init_boot(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    x2apic = base & BASE_X2APIC;
    if (!x2apic)
        paging_map(HV_MMIO_APIC, base & PTE_ADDR, PAGE_SIZE, MMIO_FLAGS);
    apic_init_cpu();
}

uint32_t apic_id_self(void)
{
    uint32_t id = apic_read(APIC_ID);

    return x2apic ? id : id >> 24;
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

static void apic_icr(uint32_t apic_id, uint32_t command)
{
    if (x2apic) {
        /* The MSR write is not serialising: what we wrote for the other CPU must be out first. */
        __asm__ volatile("mfence; lfence" ::: "memory");
        wrmsr(X2APIC_MSR_BASE + APIC_ICR / 16, (uint64_t)apic_id << 32 | command);
        return;
    }
    for (int i = 0; i < ICR_WAIT_POLLS && (apic_read(APIC_ICR) & ICR_PENDING); i++)
        arch_relax();
    apic_write(APIC_ICR_HIGH, apic_id << 24);
    apic_write(APIC_ICR, command);
}

void apic_send_vector(uint32_t apic_id, enum hv_vector vec)
{
    apic_icr(apic_id, ICR_ASSERT | vec);
}

void apic_send_init(uint32_t apic_id)
{
    apic_icr(apic_id, ICR_ASSERT | ICR_INIT);
}

void apic_send_startup(uint32_t apic_id, uint8_t page)
{
    apic_icr(apic_id, ICR_ASSERT | ICR_STARTUP | page);
}

void apic_timer_write(uint32_t count)
{
    apic_write(APIC_TIMER_INIT, count);
}

uint32_t apic_timer_read(void)
{
    return apic_read(APIC_TIMER_NOW);
}
