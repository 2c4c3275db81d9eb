/* SPDX-License-Identifier: MIT */
/* The native set. */
#include "native.h"
#include "hw.h"

const struct pv_ops pv_ops = {
    .name = "native",
    .cpu =
        {
            .user_cs = 0x2b,
            .user_ss = 0x23,
            .init = native_init,
            .load_traps = native_load_traps,
            .write_gdt = native_write_gdt,
            .write_ldt = native_write_ldt,
            .load_ldt = native_load_ldt,
            .load_kernel_stack = native_load_kernel_stack,
            .begin_switch = native_begin_switch,
            .end_switch = native_end_switch,
            .set_fs_base = native_set_fs_base,
            .cpuid = native_cpuid,
            .read_msr = native_read_msr,
            .write_msr = native_write_msr,
            .read_cr0 = native_read_cr0,
            .read_cr4 = native_read_cr4,
            .write_cr4 = native_write_cr4,
            .set_ts = native_set_ts,
            .set_debugreg = native_set_debugreg,
            .get_debugreg = native_get_debugreg,
            .set_iopl = native_set_iopl,
            .allow_ports = native_allow_ports,
            .yield = native_yield,
            .shutdown = native_shutdown,
        },
    .mmu =
        {
            .make_pte = native_make_pte,
            .pte_pfn = native_pte_pfn,
            .set_pte = native_set_pte,
            .set_ptes = native_set_ptes,
            .set_pte_at = native_set_pte_at,
            .make_table = native_make_table,
            .unmake_table = native_unmake_table,
            .set_top = native_set_top,
            .init_aspace = native_init_aspace,
            .exit_aspace = native_exit_aspace,
            .activate = native_activate,
            .flush_one = native_flush_one,
            .flush_all = native_flush_all,
            .fault_address = native_fault_address,
        },
    .irq =
        {
            .init = native_irq_init,
            .unmask = native_irq_unmask,
            .mask = native_irq_mask,
            .pending = native_irq_pending,
            .raise = native_irq_raise,
            .disable = native_irq_disable,
            .enable = native_irq_enable,
            .enabled = native_irq_enabled,
            .halt = native_irq_halt,
        },
    .time =
        {
            .init = native_time_init,
            .now = native_time_now,
            .set_oneshot = native_time_set_oneshot,
            .stop = native_time_stop,
            .wallclock = native_time_wallclock,
        },
    .console =
        {
            .init = uart_init,
            .write = uart_write,
            .read = uart_read,
        },
};
