/* SPDX-License-Identifier: MIT */
/* Attacks after which the attacker cannot go on: the domain has to die, alone. */
#include "hostile.h"

/* Raise #UD with a stack the trap frame cannot be written to. */
static long trap_on_stack(uint64_t rsp)
{
    __asm__ volatile("mov %0, %%rsp; ud2" ::"r"(rsp) : "memory");
    __builtin_unreachable();
}

static long stack_hypervisor_trap(void)
{
    return trap_on_stack(HV_SPACE + 4096);
}

static long stack_noncanonical_trap(void)
{
    return trap_on_stack(NONCANONICAL + 4096);
}

static long stack_unmapped_trap(void)
{
    return trap_on_stack(UNMAPPED + 0x800);
}

static long stack_readonly_trap(void)
{
    return trap_on_stack(start->pt_base + 4096);
}

static long stack_wraps_trap(void)
{
    return trap_on_stack(8);
}

static long iret_frame(uint64_t rip, uint64_t cs, uint64_t rflags, uint64_t rsp, uint64_t ss)
{
    struct iret_context c = {
        .rip = rip, .cs = cs, .rflags = rflags, .rsp = rsp, .ss = ss, .flags = 0};

    __asm__ volatile("mov %0, %%rsp; mov %1, %%eax; syscall" ::"r"(&c), "i"(__HYPERVISOR_iret)
                     : "memory");
    __builtin_unreachable();
}

static void landed(void)
{
    uint64_t cs;

    __asm__ volatile("mov %%cs, %0" : "=r"(cs));
    print("landed with cs ");
    print_hex(cs);
    print("\n");
    __asm__ volatile("ud2");
    __builtin_unreachable();
}

static char landing_stack[4096] __attribute__((aligned(16)));

static long iret_ring0(void) /* may only come back in ring 3, whatever the frame says */
{
    return iret_frame((uint64_t)landed, 0xe008, 0x202, (uint64_t)landing_stack + 4088, 0xe010);
}

static long iret_to_hypervisor(void)
{
    return iret_frame(HV_SPACE, FLAT_KERNEL_CS & ~3, 0x202, (uint64_t)landing_stack + 4088,
                      FLAT_KERNEL_SS);
}

static long iret_noncanonical(void)
{
    return iret_frame(NONCANONICAL, FLAT_KERNEL_CS & ~3, 0x202, (uint64_t)landing_stack + 4088,
                      FLAT_KERNEL_SS);
}

static long iret_flags(void) /* VM, NT, IOPL 3, no interrupts */
{
    return iret_frame((uint64_t)landed, FLAT_KERNEL_CS & ~3, 0x27002,
                      (uint64_t)landing_stack + 4088, FLAT_KERNEL_SS);
}

static long iret_user_without_tables(void)
{
    return iret_frame((uint64_t)landed, 0xe033, 0x202, (uint64_t)landing_stack + 4088, 0xe02b);
}

static long iret_stack_unmapped(void)
{
    __asm__ volatile("mov %0, %%rsp; mov %1, %%eax; syscall" ::"r"(HV_SPACE), "i"(__HYPERVISOR_iret)
                     : "memory");
    __builtin_unreachable();
}

static long no_handler(void) /* #UD with an empty trap table */
{
    (void)pvk_raw1(__HYPERVISOR_set_trap_table, NULL);
    __asm__ volatile("ud2");
    return 0;
}

static long handler_in_hypervisor(void)
{
    static struct trap_info t[2] = {{.vector = 6, .flags = 3, .cs = 0xe033, .address = HV_SPACE},
                                    {0}};

    (void)pvk_raw1(__HYPERVISOR_set_trap_table, t);
    __asm__ volatile("mov %0, %%rsp; ud2" ::"r"(UNMAPPED) : "memory");
    __builtin_unreachable();
}

static long sysret_noncanonical(void) /* syscall as the last bytes below the hole */
{
    uint64_t last = NONCANONICAL - 4096;
    long rc = pvk_raw3(__HYPERVISOR_update_va_mapping, last,
                       mfn_of(spare_page[0]) << 12 | PTE_P | PTE_A | PTE_US, UVMF_INVLPG);

    if (rc) {
        print("no table there: crash by hand\n");
        return trap_on_stack(UNMAPPED);
    }
    __asm__ volatile("jmp *%0" ::"r"(last + 4094), "a"(__HYPERVISOR_xen_version), "D"(0));
    return 0;
}

static long unmap_own_code(void)
{
    (void)pvk_raw3(__HYPERVISOR_update_va_mapping, (uint64_t)landing_stack, 0, UVMF_INVLPG);
    return trap_on_stack((uint64_t)landing_stack + 64);
}

#define C(name)           \
    {                     \
#name, name, true \
    }
const struct hostile_case fatal_cases[] = {
    C(stack_hypervisor_trap),    C(stack_noncanonical_trap), C(stack_unmapped_trap),
    C(stack_readonly_trap),      C(stack_wraps_trap),        C(iret_ring0),
    C(iret_to_hypervisor),       C(iret_noncanonical),       C(iret_flags),
    C(iret_user_without_tables), C(iret_stack_unmapped),     C(no_handler),
    C(handler_in_hypervisor),    C(sysret_noncanonical),     C(unmap_own_code),
};
const unsigned int nr_fatal_cases = ARRAY_SIZE(fatal_cases);
