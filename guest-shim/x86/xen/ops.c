/* SPDX-License-Identifier: MIT */
/* The PV set. */
#include "xen_shim.h"

const struct pv_ops pv_ops = {
    .name = "xen",
    .cpu =
        {
            .user_cs = FLAT_USER_CS64,
            .user_ss = FLAT_USER_SS64,
            .init = xen_init,
            .load_traps = xen_load_traps,
            .write_gdt = xen_write_gdt,
            .write_ldt = xen_write_ldt,
            .load_ldt = xen_load_ldt,
            .load_kernel_stack = xen_load_kernel_stack,
            .begin_switch = xen_begin_switch,
            .end_switch = xen_end_switch,
            .set_fs_base = xen_set_fs_base,
            .cpuid = xen_cpuid,
            .read_msr = xen_read_msr,
            .write_msr = xen_write_msr,
            .read_cr0 = xen_read_cr0,
            .read_cr4 = xen_read_cr4,
            .write_cr4 = xen_write_cr4,
            .set_ts = xen_set_ts,
            .set_debugreg = xen_set_debugreg,
            .get_debugreg = xen_get_debugreg,
            .set_iopl = xen_set_iopl,
            .allow_ports = xen_allow_ports,
            .yield = xen_yield,
            .shutdown = xen_shutdown,
        },
    .mmu =
        {
            .make_pte = xen_make_pte,
            .pte_pfn = xen_pte_pfn,
            .set_pte = xen_set_pte,
            .set_ptes = xen_set_ptes,
            .set_pte_at = xen_set_pte_at,
            .make_table = xen_make_table,
            .unmake_table = xen_unmake_table,
            .set_top = xen_set_top,
            .init_aspace = xen_init_aspace,
            .exit_aspace = xen_exit_aspace,
            .activate = xen_activate,
            .flush_one = xen_flush_one,
            .flush_all = xen_flush_all,
            .fault_address = xen_fault_address,
        },
    .irq =
        {
            .init = xen_irq_init,
            .unmask = xen_irq_unmask,
            .mask = xen_irq_mask,
            .pending = xen_irq_pending,
            .raise = xen_irq_raise,
            .disable = xen_irq_disable,
            .enable = xen_irq_enable,
            .enabled = xen_irq_enabled,
            .halt = xen_irq_halt,
        },
    .time =
        {
            .init = xen_time_init,
            .now = xen_time_now,
            .set_oneshot = xen_time_set_oneshot,
            .stop = xen_time_stop,
            .wallclock = xen_time_wallclock,
        },
    .console =
        {
            .init = xen_console_init,
            .write = xen_console_write,
            .read = xen_console_read,
        },
};
