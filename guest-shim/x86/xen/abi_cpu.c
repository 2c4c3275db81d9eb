/* SPDX-License-Identifier: MIT */
/* Traps, callbacks, registers, descriptors, I/O ports, vm_assist. */
#include "abi.h"

#define TRAPS(...)                     \
    __HYPERVISOR_set_trap_table,       \
    {                                  \
        (uint64_t)(struct trap_info[]) \
        {                              \
            __VA_ARGS__,               \
            {                          \
                0                      \
            }                          \
        }                              \
    }
#define CALLBACK(cmd, ...)                                        \
    __HYPERVISOR_callback_op,                                     \
    {                                                             \
        CALLBACKOP_##cmd, ARG(struct callback_##cmd, __VA_ARGS__) \
    }

enum outcome abi_traps(void)
{
    const struct abi_call calls[] = {
        {"set_trap_table unmapped", __HYPERVISOR_set_trap_table, {BAD_UNMAPPED}, -XEN_EFAULT},
        {"set_trap_table in hypervisor",
         __HYPERVISOR_set_trap_table,
         {BAD_HYPERVISOR},
         -XEN_EFAULT},
        {"set_trap_table non-canonical handler",
         TRAPS({.vector = 200, .cs = FLAT_KERNEL_CS, .address = BAD_NONCANONICAL}), -XEN_EINVAL},
        {"set_trap_table vector 200",
         TRAPS({.vector = 200, .cs = FLAT_KERNEL_CS, .address = KERNEL_BASE}), 0},
        {"set_trap_table ring 0 selector",
         TRAPS({.vector = 200, .cs = 0xe008, .address = KERNEL_BASE}), 0},
        {"callback_op 9", __HYPERVISOR_callback_op, {9, 0}, -XEN_ENOSYS},
        {"callback register unmapped",
         __HYPERVISOR_callback_op,
         {CALLBACKOP_register, BAD_UNMAPPED},
         -XEN_EFAULT},
        {"callback register type 99", CALLBACK(register, .type = 99, .address = KERNEL_BASE),
         -XEN_ENOSYS},
        {"callback register non-canonical",
         CALLBACK(register, .type = CALLBACKTYPE_event, .address = BAD_NONCANONICAL), -XEN_EINVAL},
        {"callback register sysenter",
         CALLBACK(register, .type = CALLBACKTYPE_sysenter, .address = KERNEL_BASE), 0},
        {"callback register syscall32",
         CALLBACK(register, .type = CALLBACKTYPE_syscall32, .address = KERNEL_BASE), 0},
        {"callback unregister event", CALLBACK(unregister, .type = CALLBACKTYPE_event),
         -XEN_EINVAL},
        {"callback unregister syscall", CALLBACK(unregister, .type = CALLBACKTYPE_syscall),
         -XEN_EINVAL},
        {"callback unregister nmi", CALLBACK(unregister, .type = CALLBACKTYPE_nmi), 0},
        {"callback unregister type 99", CALLBACK(unregister, .type = 99), -XEN_ENOSYS},
        {"set_callbacks non-canonical",
         __HYPERVISOR_set_callbacks,
         {BAD_NONCANONICAL, BAD_NONCANONICAL, BAD_NONCANONICAL},
         0},
    };

    return abi_run(calls, ARRAY_LEN(calls));
}

#define SET_DR(n, value)       \
    __HYPERVISOR_set_debugreg, \
    {                          \
        (uint64_t)(n), value   \
    }
#define GET_DR(n)              \
    __HYPERVISOR_get_debugreg, \
    {                          \
        (uint64_t)(n)          \
    }
#define SEGMENT(which, base)       \
    __HYPERVISOR_set_segment_base, \
    {                              \
        which, base                \
    }

enum outcome abi_registers(void)
{
    const struct abi_call calls[] = {
        {"set_debugreg 8", SET_DR(8, 0), -XEN_ENODEV},
        {"set_debugreg -1", SET_DR(-1, 0), -XEN_ENODEV},
        {"set_debugreg 0 in hypervisor", SET_DR(0, BAD_HYPERVISOR), -XEN_EPERM},
        {"set_debugreg 3 in hypervisor", SET_DR(3, BAD_HYPERVISOR), -XEN_EPERM},
        {"set_debugreg 0 non-canonical", SET_DR(0, BAD_NONCANONICAL), -XEN_EPERM},
        {"set_debugreg 6 high bits", SET_DR(6, 1UL << 40), -XEN_EINVAL},
        {"set_debugreg 7 high bits", SET_DR(7, 1UL << 40 | 0x400), -XEN_EINVAL},
        {"set_debugreg 7 off", SET_DR(7, 0x400), 0},
        {"get_debugreg 8", GET_DR(8), -XEN_ENODEV},
        {"get_debugreg -1", GET_DR(-1), -XEN_ENODEV},
        {"get_debugreg 7", GET_DR(7), 0x400},
        {"fpu_taskswitch clear", __HYPERVISOR_fpu_taskswitch, {0}, 0},
        {"fpu_taskswitch set", __HYPERVISOR_fpu_taskswitch, {1}, 0},
        {"set_segment_base 9", SEGMENT(9, 0), -XEN_EINVAL},
        {"set_segment_base fs non-canonical", SEGMENT(SEGBASE_FS, BAD_NONCANONICAL), -XEN_EINVAL},
        {"set_segment_base gs user non-canonical", SEGMENT(SEGBASE_GS_USER, BAD_NONCANONICAL),
         -XEN_EINVAL},
        {"set_segment_base gs kernel non-canonical", SEGMENT(SEGBASE_GS_KERNEL, BAD_NONCANONICAL),
         -XEN_EINVAL},
        {"set_segment_base gs user selector", SEGMENT(SEGBASE_GS_USER_SEL, 0), 0},
        {"set_segment_base gs bad selector", SEGMENT(SEGBASE_GS_USER_SEL, 0x3ff8 | 3), 0},
        {"stack_switch", __HYPERVISOR_stack_switch, {FLAT_KERNEL_SS, DIRECT_BASE}, 0},
    };

    return abi_run(calls, ARRAY_LEN(calls));
}

#define CALL_GATE  0x0000ec0000000000UL
#define CODE_RING0 0x00af9b000000ffffUL
#define TSS        0x0000890000000067UL

static int set_gdt(xen_pfn_t frame, unsigned entries)
{
    return hypercall_set_gdt(&frame, entries);
}

enum outcome abi_descriptors(void)
{
    pfn_t pfn = page_alloc_zeroed();
    xen_pfn_t mine = pfn_to_mfn(pfn).n, table = pfn_to_mfn(kernel_aspace.top).n;
    uint64_t address = virt_to_maddr(pfn_to_virt(pfn));

    abi_begin();
    abi_check("set_gdt unmapped list", hypercall_set_gdt((void *)BAD_UNMAPPED, 512), -XEN_EFAULT);
    abi_check("set_gdt of 7169 entries", set_gdt(mine, FIRST_RESERVED_GDT_ENTRY + 1), -XEN_EINVAL);
    abi_check("set_gdt of no such frame", set_gdt(NO_FRAME, 512), -XEN_EINVAL);
    abi_check("set_gdt of a writable page", set_gdt(mine, 512), -XEN_EINVAL);
    abi_check("set_gdt of a page table", set_gdt(table, 512), -XEN_EINVAL);
    abi_check("update_descriptor in an ordinary page", hypercall_update_descriptor(address, 0), 0);
    abi_check("update_descriptor misaligned", hypercall_update_descriptor(address + 4, 0),
              -XEN_EINVAL);
    abi_check("update_descriptor of no such frame",
              hypercall_update_descriptor(NO_FRAME << PAGE_SHIFT, 0), -XEN_EINVAL);
    abi_check("update_descriptor in a page table",
              hypercall_update_descriptor((uint64_t)table << PAGE_SHIFT, 0), -XEN_EINVAL);
    abi_check("update_descriptor call gate", hypercall_update_descriptor(address, CALL_GATE), 0);
    abi_check("update_descriptor call gate to the hypervisor",
              hypercall_update_descriptor(address, CALL_GATE | 0xe0080000), -XEN_EINVAL);
    abi_check("update_descriptor interrupt gate",
              hypercall_update_descriptor(address, CALL_GATE | 2UL << 40), -XEN_EINVAL);
    abi_check("update_descriptor TSS", hypercall_update_descriptor(address, TSS), -XEN_EINVAL);
    abi_check("update_descriptor ring 0 code", hypercall_update_descriptor(address, CODE_RING0), 0);
    abi_check("ring 0 code is stored as ring 3", *(uint64_t *)pfn_to_virt(pfn) >> 45 & 3, 3);
    page_put(pfn);
    return abi_end();
}

#define PHYSDEV(cmd, arg)    \
    __HYPERVISOR_physdev_op, \
    {                        \
        PHYSDEVOP_##cmd, arg \
    }

enum outcome abi_ports(void)
{
    const struct abi_call calls[] = {
        {"physdev_op 999", __HYPERVISOR_physdev_op, {999, 0}, -XEN_ENOSYS},
        {"set_iopl 4", PHYSDEV(set_iopl, ARG(struct physdev_set_iopl, .iopl = 4)), -XEN_EINVAL},
        {"set_iopl unmapped", PHYSDEV(set_iopl, BAD_UNMAPPED), -XEN_EFAULT},
        {"set_iobitmap of 65537",
         PHYSDEV(set_iobitmap, ARG(struct physdev_set_iobitmap, .nr_ports = 65537)), -XEN_EINVAL},
        {"set_iobitmap in hypervisor",
         PHYSDEV(set_iobitmap, ARG(struct physdev_set_iobitmap,
                                   .bitmap.p = (uint8_t *)BAD_HYPERVISOR, .nr_ports = 64)),
         -XEN_EINVAL},
        {"set_iobitmap unmapped", PHYSDEV(set_iobitmap, BAD_UNMAPPED), -XEN_EFAULT},
    };
    enum outcome outcome = abi_run(calls, ARRAY_LEN(calls));

    hypercall_set_iobitmap(NULL, 0);
    return outcome;
}

enum outcome abi_assist(void)
{
    const struct abi_call calls[] = {
        {"vm_assist command 9", __HYPERVISOR_vm_assist, {9, 0}, -XEN_ENOSYS},
        {"vm_assist type 63", __HYPERVISOR_vm_assist, {VMASST_CMD_enable, 63}, -XEN_EINVAL},
        {"vm_assist type 5000", __HYPERVISOR_vm_assist, {VMASST_CMD_enable, 5000}, -XEN_EINVAL},
        {"vm_assist 4gb_segments",
         __HYPERVISOR_vm_assist,
         {VMASST_CMD_enable, VMASST_TYPE_4gb_segments},
         0},
        {"vm_assist writable_pagetables off",
         __HYPERVISOR_vm_assist,
         {VMASST_CMD_disable, VMASST_TYPE_writable_pagetables},
         0},
        {"vm_assist architectural_iopl off",
         __HYPERVISOR_vm_assist,
         {VMASST_CMD_disable, VMASST_TYPE_architectural_iopl},
         0},
        {"vm_assist runstate_update_flag",
         __HYPERVISOR_vm_assist,
         {VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag},
         0},
        {"vm_assist m2p_strict",
         __HYPERVISOR_vm_assist,
         {VMASST_CMD_enable, VMASST_TYPE_m2p_strict},
         0},
    };

    return abi_run(calls, ARRAY_LEN(calls));
}
