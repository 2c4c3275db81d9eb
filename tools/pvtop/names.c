/* SPDX-License-Identifier: MIT */
/* Names of what is counted by number. */
#include "snapshot.h"

#define __XEN_INTERFACE_VERSION__ 0x00040e00 /* the names of today */
#include <xen/xen.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *hypercall_name(uint32_t nr)
{
#define H(name) [__HYPERVISOR_##name] = #name
    static const char *const names[NR_HYPERCALLS] = {
        H(set_trap_table),
        H(mmu_update),
        H(set_gdt),
        H(stack_switch),
        H(set_callbacks),
        H(fpu_taskswitch),
        H(sched_op_compat),
        H(platform_op),
        H(set_debugreg),
        H(get_debugreg),
        H(update_descriptor),
        H(memory_op),
        H(multicall),
        H(update_va_mapping),
        H(set_timer_op),
        H(event_channel_op_compat),
        H(xen_version),
        H(console_io),
        H(physdev_op_compat),
        H(grant_table_op),
        H(vm_assist),
        H(update_va_mapping_otherdomain),
        H(iret),
        H(vcpu_op),
        H(set_segment_base),
        H(mmuext_op),
        H(xsm_op),
        H(nmi_op),
        H(sched_op),
        H(callback_op),
        H(xenoprof_op),
        H(event_channel_op),
        H(physdev_op),
        H(hvm_op),
        H(sysctl),
        H(domctl),
        H(kexec_op),
        H(xenpmu_op),
        H(dm_op),
        H(hypfs_op),
    };
#undef H

    return nr < COUNT(names) ? names[nr] : NULL;
}

/* Exceptions by their vectors, then what hv-stub adds (hv-stub/include/hv.h). */
static const char *const pv_exits[] = {
    [0] = "divide error", [1] = "debug",           [3] = "breakpoint",  [4] = "overflow",
    [5] = "bounds",       [6] = "invalid opcode",  [7] = "no FPU",      [10] = "invalid TSS",
    [11] = "not present", [12] = "stack fault",    [13] = "protection", [14] = "page fault",
    [16] = "x87 error",   [17] = "alignment",      [19] = "SIMD error", [32] = "int 0x80",
    [33] = "system call", [34] = "system call 32",
};

/* By SVM's exit codes. */
static const char *const hvm_exits[] = {
    [0x41] = "debug",
    [0x51] = "alignment",
    [0x64] = "interrupt window",
    [0x6f] = "rdpmc",
    [0x72] = "cpuid",
    [0x74] = "iret",
    [0x76] = "invd",
    [0x78] = "hlt",
    [0x7a] = "invlpga",
    [0x7b] = "port",
    [0x7c] = "msr",
    [0x7f] = "shutdown",
    [0x80] = "vmrun",
    [0x81] = "vmmcall",
    [0x87] = "rdtscp",
    [0x89] = "wbinvd",
    [0x8a] = "monitor",
    [0x8b] = "mwait",
    [0x8d] = "xsetbv",
    [0x90] = "nested page fault",
};

const char *exit_name(bool hvm, uint32_t kind)
{
    if (hvm)
        return kind < COUNT(hvm_exits) ? hvm_exits[kind] : NULL;
    return kind < COUNT(pv_exits) ? pv_exits[kind] : NULL;
}

const char *port_kind_name(enum port_kind k)
{
    static const char *const names[PORT_KINDS] = {
        [PORT_UNBOUND] = "unbound", [PORT_INTERDOMAIN] = "interdomain",
        [PORT_PIRQ] = "pirq",       [PORT_VIRQ] = "virq",
        [PORT_IPI] = "ipi",
    };

    return names[k];
}
