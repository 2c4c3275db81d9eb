/* SPDX-License-Identifier: MIT */
/*
 * A PVH guest that initialises its second vcpu by VCPUOP_initialise: contexts that must be refused,
 * then 64-bit, 32-bit and compatibility mode. It prints one line per result, which must be the same
 * on hv-stub and on Xen.
 */
#include "pvh.h"

#include "../common/ring.h"

#include <pvkit/discover.h>
#include <xen/hvm/params.h>

#define APIC        ((volatile uint32_t *)0xfee00000ul)
#define APIC_ICR_LO (0x300 / 4)
#define APIC_ICR_HI (0x310 / 4)
#define APIC_SPIV   (0xf0 / 4)
#define INIT_ASSERT 0x4500u
#define TRIES       100000000ul

void pvh_main(void);
void ap64_main(uint64_t value);

volatile uint32_t ap32_eax, ap32_esp, ap32_efer, ap32_cr0, ap32_seen;
static volatile uint64_t ap64_value, ap64_rounds;
static char ap_stack[4096] __attribute__((aligned(16)));

void print(const char *s)
{
    ring_print(s);
}

void print_number(long v)
{
    char room[DIGITS_ROOM];

    if (v < 0)
        print("-");
    print(digits(v < 0 ? -(unsigned long)v : (unsigned long)v, 10, room));
}

void result(const char *name, long v)
{
    print(name);
    print(": ");
    print_number(v);
    print("\n");
}

static void power_off(void)
{
    ring_flush();
    hypercall_sched_shutdown(SHUTDOWN_poweroff);
}

static void console_init(void)
{
    uint64_t pfn = 0, port = 0;

    if (hypercall_hvm_get_param(HVM_PARAM_CONSOLE_PFN, &pfn) ||
        hypercall_hvm_get_param(HVM_PARAM_CONSOLE_EVTCHN, &port))
        hypercall_sched_shutdown(SHUTDOWN_crash);
    ring_open((void *)(pfn << 12), (evtchn_port_t)port);
}

/* Wait until *flag is not 0, or for a long time. */
static bool wait_for(const volatile uint32_t *flag)
{
    for (unsigned long i = 0; i < TRIES && !*flag; i++)
        __asm__ volatile("pause");
    return *flag;
}

void reset_vcpu1(void)
{
    struct vcpu_hvm_context bad = {.mode = 99};

    APIC[APIC_SPIV] = 0x1ff;
    APIC[APIC_ICR_HI] = 2u << 24;
    APIC[APIC_ICR_LO] = INIT_ASSERT;
    for (int i = 0; i < 1000; i++) {
        if (hypercall_vcpu_op(VCPUOP_initialise, 1, &bad) != -XEN_EEXIST)
            return;
        hypercall_sched_yield();
    }
    print("vcpu 1 cannot be initialised again\n");
}

/* ---- contexts that run */

void ap64_main(uint64_t value)
{
    ap64_value = value;
    for (;;) {
        ap64_rounds++;
        hypercall_vcpu_down(1);
    }
}

static bool wait_down(void)
{
    for (unsigned long i = 0; i < TRIES / 1000; i++) {
        if (hypercall_vcpu_is_up(1) == 0)
            return true;
        hypercall_sched_yield();
    }
    return false;
}

static void run64(void)
{
    static struct vcpu_hvm_context c;

    set_valid64(&c);
    c.cpu_regs.x86_64.rsp = (uint64_t)(ap_stack + sizeof(ap_stack));
    c.cpu_regs.x86_64.rdi = 0x123456789abcdef;
    result("64: initialise", hypercall_vcpu_op(VCPUOP_initialise, 1, &c));
    result("64: is up", hypercall_vcpu_is_up(1));
    result("64: initialise again", hypercall_vcpu_op(VCPUOP_initialise, 1, &c));
    result("64: up", hypercall_vcpu_up(1));
    result("64: went down itself", wait_down());
    result("64: argument", ap64_value == 0x123456789abcdef);
    result("64: rounds", (long)ap64_rounds);
    result("64: up again", hypercall_vcpu_up(1));
    result("64: down again", wait_down());
    result("64: rounds", (long)ap64_rounds);
}

static void run32(const char *name, bool compatibility)
{
    static struct vcpu_hvm_context c;

    reset_vcpu1();
    set_valid32(&c);
    c.cpu_regs.x86_32.eax = 0x5a5a1234;
    c.cpu_regs.x86_32.esp = 0x777000;
    if (compatibility) {
        c.cpu_regs.x86_32.cr0 |= 1u << 31;
        c.cpu_regs.x86_32.cr3 = (uint32_t)(uintptr_t)tables;
        c.cpu_regs.x86_32.cr4 = 1u << 5;
        c.cpu_regs.x86_32.efer = 1u << 8 | 1u << 10;
    }
    ap32_seen = 0;
    result(name, hypercall_vcpu_op(VCPUOP_initialise, 1, &c));
    result("  up", hypercall_vcpu_up(1));
    result("  seen", wait_for(&ap32_seen));
    result("  eax", ap32_eax == 0x5a5a1234);
    result("  esp", ap32_esp == 0x777000);
    result("  efer", ap32_efer);
    result("  paging", ap32_cr0 >> 31);
}

void pvh_main(void)
{
    static struct vcpu_hvm_context c;

    pvk_hypercall_use(pvk_hypercall_insn_of_cpu());
    console_init();
    set_valid64(&c);
    result("up too early", hypercall_vcpu_up(1));
    result("is up too early", hypercall_vcpu_is_up(1));
    result("initialise vcpu 0", hypercall_vcpu_op(VCPUOP_initialise, 0, &c));
    result("initialise vcpu 99", hypercall_vcpu_op(VCPUOP_initialise, 99, &c));
    result("unreadable", hypercall_vcpu_op(VCPUOP_initialise, 1, (void *)(1ul << 45)));
    try_contexts();
    run64();
    run32("32: initialise", false);
    run32("compatibility: initialise", true);
    reset_vcpu1();
    try_calls();
    try_memory();
    print("done\n");
    power_off();
}
