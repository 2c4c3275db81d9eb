/* SPDX-License-Identifier: MIT */
/*
 * All CPUs of the machine. One after the other gets INIT and start-up IPIs and runs the trampoline
 * in low memory with a stack of its own; then all wait for the boot CPU to release them.
 */
#include "hv.h"
#include "hv_boot.h"
#include "acpi.h"
#include "apic.h"
#include "boot/boot.h"
#include "boot/boot_asm.h"
#include "cpu.h"
#include "smp.h"
#include "svm.h"

#define QUICK_WAIT_US 20000
#define SLOW_WAIT_US  2000000 /* an emulated CPU may have to wait for its host */
#define INIT_WAIT_US  10000   /* Intel MultiProcessor Specification B.4 */
#define SIPI_WAIT_US  200

extern const char trampoline_start[], trampoline_end[], boot_stack_top[];
void ap_start(uint32_t cpu) __attribute__((noreturn));

/* What the trampoline loads. */
void *trampoline_stack;
uint32_t trampoline_cpu;
uint64_t trampoline_cr3;

struct percpu percpu_area[HV_MAX_CPUS];
uint32_t nr_cpus = 1;
uint64_t cpus_online = 1;
static bool released, halting;
/* Handshake of the CPU that starts: it says it is there and touches nothing shared before the boot
 * CPU has seen that. So another INIT never hits a CPU that holds a lock. */
static uint32_t ap_present, ap_go;

static void percpu_init(uint32_t cpu, void *stack_top)
{
    struct percpu *p = &percpu_area[cpu];

    p->self = p;
    p->cpu = cpu;
    p->idle_stack_top = stack_top;
}

void smp_init_boot_cpu(void)
{
    percpu_init(0, (void *)(uintptr_t)boot_stack_top);
    wrmsr(MSR_GS_BASE, (uint64_t)&percpu_area[0]);
    percpu_area[0].online = true;
}

static void delay_us(uint64_t us)
{
    uint64_t end = rdtsc() + us * (arch_tsc_hz / 1000000);

    while (rdtsc() < end)
        arch_relax();
}

static bool wait_for(const uint32_t *word, uint32_t value, uint64_t us)
{
    uint64_t end = rdtsc() + us * (arch_tsc_hz / 1000000);

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) {
        if (rdtsc() > end)
            return false;
        arch_relax();
    }
    return true;
}

/* Current processors need no pause between the IPIs; the specified ones are for when that fails. */
static bool wake_cpu(uint32_t cpu, uint32_t apic_id)
{
    const uint8_t page = TRAMPOLINE_PA >> PAGE_SHIFT;

    apic_send_init(apic_id);
    apic_send_startup(apic_id, page);
    if (wait_for(&ap_present, cpu, QUICK_WAIT_US))
        return true;
    apic_send_init(apic_id);
    delay_us(INIT_WAIT_US);
    for (int i = 0; i < 2; i++) {
        apic_send_startup(apic_id, page);
        delay_us(SIPI_WAIT_US);
    }
    if (wait_for(&ap_present, cpu, SLOW_WAIT_US))
        return true;
    apic_send_init(apic_id); /* back to sleep: it must not wake up on the next one's stack */
    return false;
}

static bool start_cpu(uint32_t cpu, uint32_t apic_id)
{
    struct percpu *p = &percpu_area[cpu];

    p->apic_id = apic_id;
    trampoline_stack = p->idle_stack_top;
    trampoline_cpu = cpu;
    barrier();
    if (!wake_cpu(cpu, apic_id))
        return false;
    __atomic_store_n(&ap_go, cpu, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&p->online, __ATOMIC_ACQUIRE)) {
        arch_spin_poll();
        arch_relax();
    }
    return true;
}

static void make_idle_stack(uint32_t cpu)
{
    char *stack;

    if (percpu_area[cpu].idle_stack_top)
        return; /* made for a CPU that did not start */
    stack = hv_alloc(IDLE_STACK_BYTES);
    if (!stack)
        hv_panic("no memory for the stack of CPU %u", cpu);
    percpu_init(cpu, stack + IDLE_STACK_BYTES);
}

void arch_cpus_start(void)
{
    uint32_t self = apic_id_self();

    percpu_area[0].apic_id = self;
    trampoline_cr3 = this_percpu()->cr3;
    memcpy(mfn_to_virt(MFN(TRAMPOLINE_PA >> PAGE_SHIFT)), trampoline_start,
           (size_t)(trampoline_end - trampoline_start));
    for (uint32_t i = 0; i < acpi.nr_cpus && nr_cpus < HV_MAX_CPUS; i++) {
        if (acpi.apic_id[i] == self)
            continue;
        make_idle_stack(nr_cpus);
        if (start_cpu(nr_cpus, acpi.apic_id[i]))
            nr_cpus++;
        else
            hv_log("CPU with APIC id %u does not start", acpi.apic_id[i]);
    }
}

/* First C code of the other CPUs, on their idle stacks. */
void ap_start(uint32_t cpu)
{
    struct percpu *p = &percpu_area[cpu];

    wrmsr(MSR_GS_BASE, (uint64_t)p);
    early_traps_load();
    paging_enable_cpu();
    __atomic_store_n(&ap_present, cpu, __ATOMIC_RELEASE);
    while (__atomic_load_n(&ap_go, __ATOMIC_ACQUIRE) != cpu)
        arch_relax();
    apic_init_cpu();
    cpu_init_tables(cpu);
    svm_init_cpu();
    __atomic_fetch_or(&cpus_online, 1ull << cpu, __ATOMIC_SEQ_CST);
    __atomic_store_n(&p->online, true, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&released, __ATOMIC_ACQUIRE)) {
        arch_spin_poll();
        arch_relax();
    }
    cpu_idle_start();
}

void arch_cpus_release(void)
{
    __atomic_store_n(&released, true, __ATOMIC_RELEASE);
    cpu_idle_start();
}

void arch_work_send(uint32_t cpu, uint32_t bits)
{
    __atomic_fetch_or(&percpu_area[cpu].work, bits, __ATOMIC_SEQ_CST);
    if (cpu != this_cpu())
        apic_send_vector(percpu_area[cpu].apic_id, VEC_WORK);
}

void arch_irq_window(void)
{
    __asm__ volatile("sti; nop; cli" ::: "memory"); /* sti takes effect after the next one */
}

void smp_halt_self(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

void smp_check_halt(void)
{
    if (unlikely(READ_ONCE(halting)))
        smp_halt_self();
}

void smp_halt_others(void)
{
    uint64_t others = cpus_online & ~(1ull << this_cpu());

    if (__atomic_exchange_n(&halting, true, __ATOMIC_SEQ_CST))
        smp_halt_self(); /* two CPUs end the machine at once: one does it */
    for (; others; others &= others - 1)
        apic_send_vector(percpu_area[__builtin_ctzll(others)].apic_id, VEC_HALT);
}
