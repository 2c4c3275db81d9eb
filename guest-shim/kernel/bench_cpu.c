/* SPDX-License-Identifier: MIT */
/* Operations of the kernel that take effect at once: registers, page tables, descriptors. */
#include "bench.h"
#include "cpu.h"
#include "pv_ops.h"

#define POST_PORT 0x80
#define GDT_SLOT  16
#define DATA_4K   0x0040f30000000fffUL
#define MAX_BATCH 512
#define LINE      "console line of sixty-four characters, newline and all, no more\n"

#define LOOP(n) for (unsigned i_ = 0; i_ < (n); i_++)

static bool ports_on(void)
{
    return pv_ops.cpu.set_iopl(1) == 0;
}

static void ports_off(void)
{
    pv_ops.cpu.set_iopl(0);
}

static void run_in(unsigned n)
{
    LOOP(n)
    asm volatile("inb %w0, %%al" ::"d"(POST_PORT) : "rax");
}

static void run_mask_toggle(unsigned n)
{
    LOOP(n)
    {
        pv_ops.irq.disable();
        pv_ops.irq.enable();
    }
}

static __attribute__((noinline)) void callee(void)
{
    asm volatile("");
}

static void run_call(unsigned n)
{
    LOOP(n)
    callee();
}

/* A page to play with, and updates that toggle its write permission. */
static pfn_t page;
static uint64_t *page_va;
static pte_t *page_slot;
static pte_t page_values[2];

static bool page_up(void)
{
    page = page_alloc_zeroed();
    page_va = vmap_page(page, PROT_KERNEL_RW);
    page_slot = pte_find(&kernel_aspace, (uint64_t)page_va, false);
    page_values[0] = pv_ops.mmu.make_pte(page, PROT_KERNEL_RO);
    page_values[1] = pv_ops.mmu.make_pte(page, PROT_KERNEL_RW);
    return true;
}

static void page_down(void)
{
    vunmap_page(page_va);
    page_put(page);
}

static void run_pte_modify(unsigned n)
{
    LOOP(n)
    pv_ops.mmu.set_pte(page_slot, page_values[i_ & 1]);
}

/* A run of level-1 entries of the vmap area, unmapped in between so that nothing is shared. */
static struct pte_update *updates;
static unsigned update_count;
static pfn_t *update_pages;

static bool batch_up(unsigned count)
{
    static const uint64_t base = VMAP_END - 2 * MAX_BATCH * PAGE_SIZE;

    updates = kzalloc(2 * count * sizeof(*updates));
    update_pages = kzalloc(count * sizeof(*update_pages));
    if (!updates || !update_pages)
        return false;
    update_count = count;
    for (unsigned i = 0; i < count; i++) {
        update_pages[i] = page_alloc();
        updates[i].slot = updates[count + i].slot =
            pte_find(&kernel_aspace, base + i * PAGE_SIZE, true);
        updates[i].value = pv_ops.mmu.make_pte(update_pages[i], PROT_KERNEL_RW);
        updates[count + i].value = pv_ops.mmu.make_pte(update_pages[i], PROT_KERNEL_RO);
    }
    CHECK(pv_ops.mmu.set_ptes(updates, count) == count);
    return true;
}

static bool batch_up_1(void)
{
    return batch_up(1);
}

static bool batch_up_8(void)
{
    return batch_up(8);
}

static bool batch_up_64(void)
{
    return batch_up(64);
}

static bool batch_up_512(void)
{
    return batch_up(512);
}

static void run_pte_batch(unsigned n)
{
    LOOP(n)
    pv_ops.mmu.set_ptes(updates + (i_ & 1 ? 0 : update_count), update_count);
}

static void batch_down(void)
{
    for (unsigned i = 0; i < update_count; i++)
        updates[i].value.bits = 0;
    CHECK(pv_ops.mmu.set_ptes(updates, update_count) == update_count);
    pv_ops.mmu.flush_all();
    for (unsigned i = 0; i < update_count; i++)
        page_put(update_pages[i]);
    kfree(updates);
    kfree(update_pages);
}

static struct aspace spaces[2];

static bool spaces_up(void)
{
    return aspace_create(&spaces[0]) == 0 && aspace_create(&spaces[1]) == 0;
}

static void spaces_down(void)
{
    aspace_switch(&kernel_aspace);
    aspace_destroy(&spaces[0]);
    aspace_destroy(&spaces[1]);
}

static void run_cr3_switch(unsigned n)
{
    LOOP(n)
    pv_ops.mmu.activate(&spaces[i_ & 1]);
}

static void run_tlb_flush(unsigned n)
{
    LOOP(n)
    pv_ops.mmu.flush_all();
}

static void run_cpuid(unsigned n)
{
    LOOP(n)
    asm volatile("cpuid" ::"a"(0), "c"(0) : "rbx", "rdx", "memory");
}

static void run_rdmsr(unsigned n)
{
    uint64_t value;

    LOOP(n)
    pv_ops.cpu.read_msr(MSR_FS_BASE, &value);
}

static void run_msr_read(unsigned n)
{
    LOOP(n)
    asm volatile("rdmsr" ::"c"(MSR_EFER) : "rax", "rdx", "memory");
}

static void run_cr0_read(unsigned n)
{
    uint64_t value;

    LOOP(n)
    asm volatile("mov %%cr0, %0" : "=r"(value)::"memory");
}

static void run_descriptor(unsigned n)
{
    LOOP(n)
    pv_ops.cpu.write_gdt(GDT_SLOT, DATA_4K + (i_ & 1));
}

static void descriptor_down(void)
{
    pv_ops.cpu.write_gdt(GDT_SLOT, 0);
}

static void run_yield(unsigned n)
{
    LOOP(n)
    pv_ops.cpu.yield();
}

static void run_console_byte(unsigned n)
{
    LOOP(n)
    pv_ops.console.write(".", 1);
}

static void console_down(void)
{
    pv_ops.console.write("\n", 1);
}

static void run_console_line(unsigned n)
{
    LOOP(n)
    pv_ops.console.write(LINE, sizeof(LINE) - 1);
}

const struct bench_op bench_ops[] = {
    {"in", ports_on, run_in, NULL, ports_off, 1000, 0, 0},
    {"cr8wr", NULL, run_mask_toggle, NULL, NULL, 1000, 0, 0},
    {"call_ret", NULL, run_call, NULL, NULL, 1000, 0, 0},
    {"pte_modify", page_up, run_pte_modify, NULL, page_down, 1000, 0, 0},
    {"pte_batch_1", batch_up_1, run_pte_batch, NULL, batch_down, 1000, 0, 0},
    {"pte_batch_8", batch_up_8, run_pte_batch, NULL, batch_down, 200, 0, 0},
    {"pte_batch_64", batch_up_64, run_pte_batch, NULL, batch_down, 50, 0, 0},
    {"pte_batch_512", batch_up_512, run_pte_batch, NULL, batch_down, 10, 0, 0},
    {"cr3_switch", spaces_up, run_cr3_switch, NULL, spaces_down, 1000, 0, 0},
    {"tlb_flush", NULL, run_tlb_flush, NULL, NULL, 1000, 0, 0},
    {"cpuid", NULL, run_cpuid, NULL, NULL, 1000, 0, 0},
    {"rdmsr", NULL, run_rdmsr, NULL, NULL, 1000, 0, 0},
    {"msr_read", NULL, run_msr_read, NULL, NULL, 1000, 0, 0},
    {"cr0_read", NULL, run_cr0_read, NULL, NULL, 1000, 0, 0},
    {"descriptor_update", NULL, run_descriptor, NULL, descriptor_down, 1000, 0, 0},
    {"yield", NULL, run_yield, NULL, NULL, 1000, 0, 0},
    {"console_byte", NULL, run_console_byte, NULL, console_down, 32, 0, 64},
    {"console_line", NULL, run_console_line, NULL, NULL, 4, 0, 64},
    {.name = NULL},
};
