/* SPDX-License-Identifier: MIT */
/* From the first C instruction to a machine with memory, clock and interrupts: then hv_main(). */
#include "hv.h"
#include "acpi.h"
#include "apic.h"
#include "boot.h"
#include "boot_asm.h"
#include "cpu.h"
#include "machine.h"
#include "smp.h"
#include "svm.h"

static struct boot_info boot_info;

/* The boot map ends at 4 GiB. */
const void *boot_phys(uint64_t pa, uint64_t len)
{
    if (pa >= 1ull << 32 || len > (1ull << 32) - pa)
        return NULL;
    return (const void *)(HV_DIRECT_BASE + pa);
}

static void read_boot_info(uint32_t magic, uint64_t info)
{
    bool ok = false;

    boot_info.cmdline = "";
    if (magic == MB1_BOOT_MAGIC)
        ok = boot_read_mb1(&boot_info, info);
    else if (magic == MB2_BOOT_MAGIC)
        ok = boot_read_mb2(&boot_info, info);
    else if (magic == PVH_MAGIC)
        ok = boot_read_pvh(&boot_info, info);
    if (!ok)
        hv_panic("no usable boot information (magic %x at %lx)", magic, info);
}

void boot_start(uint32_t magic, uint64_t info)
{
    smp_init_boot_cpu();
    early_traps_load();
    serial_init();
    read_boot_info(magic, info);
    acpi_scan(boot_info.rsdp);
    memory_survey(&boot_info);
    paging_init();
    memory_hand_over();
    pic_mask_all();
    apic_init_boot();
    tsc_calibrate();
    cpu_init_tables(0);
    svm_init_cpu();
    if (!serial_irq_enable())
        hv_log("no I/O APIC: console input is noticed only when a guest asks for it");
    hv_main(&boot_info);
}
