/* SPDX-License-Identifier: MIT */
/* Every pointer argument aimed at what the guest may not read or write, and every absurd count. */
#include "hostile.h"

#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/vcpu.h>
#include <xen/version.h>

static const uint64_t bad_pointers[] = {
    HV_SPACE, M2P_SPACE + (1ul << 38) - 8, NONCANONICAL, ~7ul, UNMAPPED, 0xffff880000000000ul - 4,
};

/* The call with each bad pointer; the first answer that is not -EFAULT, or -EFAULT for all. */
#define POINTER(name, call)                                           \
    static long name(void)                                            \
    {                                                                 \
        for (unsigned int i = 0; i < ARRAY_SIZE(bad_pointers); i++) { \
            uint64_t p = bad_pointers[i];                             \
            long rc = call;                                           \
                                                                      \
            if (rc != -XEN_EFAULT)                                    \
                return rc;                                            \
        }                                                             \
        return -XEN_EFAULT;                                           \
    }

POINTER(ptr_set_trap_table, pvk_raw1(__HYPERVISOR_set_trap_table, p))
POINTER(ptr_mmu_update, pvk_raw4(__HYPERVISOR_mmu_update, p, 1, NULL, DOMID_SELF))
POINTER(ptr_mmuext_op, pvk_raw4(__HYPERVISOR_mmuext_op, p, 1, NULL, DOMID_SELF))
POINTER(ptr_set_gdt, pvk_raw2(__HYPERVISOR_set_gdt, p, 512))
POINTER(ptr_memory_op, pvk_raw2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, p))
POINTER(ptr_machphys, pvk_raw2(__HYPERVISOR_memory_op, XENMEM_machphys_mapping, p))
POINTER(ptr_multicall, pvk_raw2(__HYPERVISOR_multicall, p, 1))
POINTER(ptr_evtchn, pvk_raw2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, p))
POINTER(ptr_sched_poll, pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_poll, p))
POINTER(ptr_shutdown, pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, p))
POINTER(ptr_vcpu_info, pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, p))
POINTER(ptr_runstate_get, pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, p))
POINTER(ptr_singleshot, pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, p))
POINTER(ptr_version, pvk_raw2(__HYPERVISOR_xen_version, XENVER_extraversion, p))
POINTER(ptr_physdev, pvk_raw2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, p))
POINTER(ptr_callback, pvk_raw2(__HYPERVISOR_callback_op, CALLBACKOP_register, p))
POINTER(ptr_console, pvk_raw3(__HYPERVISOR_console_io, CONSOLEIO_write, 16, p))

/* A structure whose pointer field is bad. */
static long ptr_poll_ports(void)
{
    struct sched_poll poll = {.nr_ports = 1};

    set_xen_guest_handle(poll.ports, (evtchn_port_t *)HV_SPACE);
    return pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
}

static long ptr_extents(void)
{
    struct xen_memory_reservation r = {.nr_extents = 4, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)HV_SPACE);
    return pvk_raw2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r);
}

static long ptr_multicall_inner(void)
{
    struct multicall_entry e = {.op = __HYPERVISOR_set_trap_table, .args = {HV_SPACE}};
    long rc = pvk_raw2(__HYPERVISOR_multicall, &e, 1);

    return rc ? rc : (long)e.result;
}

static long multicall_readonly(void) /* results cannot be written back */
{
    return pvk_raw2(__HYPERVISOR_multicall, M2P_SPACE, 1);
}

/* A page mapped read-only, as target of a result. */
static long result_readonly(void)
{
    uint64_t pte = mfn_of(spare_page[6]) << 12 | PTE_P | PTE_A;
    long rc;

    (void)pvk_raw3(__HYPERVISOR_update_va_mapping, spare_page[6], pte, UVMF_INVLPG);
    rc = pvk_raw3(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, spare_page[6]);
    (void)pvk_raw3(__HYPERVISOR_update_va_mapping, spare_page[6], pte | PTE_RW | PTE_D,
                   UVMF_INVLPG);
    return rc;
}

static long count_mmu_update(void)
{
    return pvk_raw4(__HYPERVISOR_mmu_update, spare_page[0], 0x7fffffff, NULL, 0x7123);
}

static long count_mmuext(void)
{
    return pvk_raw4(__HYPERVISOR_mmuext_op, spare_page[0], 0x7fffffff, NULL, 0x7123);
}

static long count_poll(void)
{
    struct sched_poll poll = {.nr_ports = 0xffffffff};

    return pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
}

static long count_trap_table(void) /* never terminated: runs into whatever follows */
{
    return pvk_raw1(__HYPERVISOR_set_trap_table, NULL);
}

static long order_absurd(void)
{
    uint64_t pfn = 1;
    struct xen_memory_reservation r = {.nr_extents = 1, .extent_order = 60, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, &pfn);
    return pvk_raw2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r);
}

static long extents_absurd(void)
{
    struct xen_memory_reservation r = {.nr_extents = ~0ul, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)spare_page[0]);
    return pvk_raw2(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r);
}

static long hypercall_unknown(void)
{
    return pvk_raw1(63, 0);
}

static long hypercall_number_huge(void)
{
    long rc;

    __asm__ volatile("syscall" : "=a"(rc) : "a"(0xffffffffffffffc0ul) : "rcx", "r11", "memory");
    return rc;
}

static long multicall_in_multicall(void)
{
    struct multicall_entry e = {.op = __HYPERVISOR_multicall};
    long rc = pvk_raw2(__HYPERVISOR_multicall, &e, 1);

    return rc ? rc : (long)e.result;
}

static long evtchn_op(int cmd, uint32_t word0, uint32_t word1)
{
    uint32_t arg[6] = {word0, word1, 0, 0, 0, 0};

    return pvk_raw2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static long evtchn_send_huge(void)
{
    return evtchn_op(EVTCHNOP_send, 0xffffffff, 0);
}

static long evtchn_close_zero(void)
{
    return evtchn_op(EVTCHNOP_close, 0, 0);
}

static long evtchn_unmask_huge(void)
{
    return evtchn_op(EVTCHNOP_unmask, 0x80000000, 0);
}

static long evtchn_bind_vcpu_huge(void)
{
    return evtchn_op(EVTCHNOP_bind_vcpu, 1, 0xffffffff);
}

static long evtchn_virq_huge(void)
{
    return evtchn_op(EVTCHNOP_bind_virq, 0xffffffff, 0);
}

static long evtchn_ipi_huge(void)
{
    return evtchn_op(EVTCHNOP_bind_ipi, 0xffffffff, 0);
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case pointer_cases[] = {
    C(ptr_set_trap_table),
    C(ptr_mmu_update),
    C(ptr_mmuext_op),
    C(ptr_set_gdt),
    C(ptr_memory_op),
    C(ptr_machphys),
    C(ptr_multicall),
    C(ptr_evtchn),
    C(ptr_sched_poll),
    C(ptr_shutdown),
    C(ptr_vcpu_info),
    C(ptr_runstate_get),
    C(ptr_singleshot),
    C(ptr_version),
    C(ptr_physdev),
    C(ptr_callback),
    C(ptr_console),
    C(ptr_poll_ports),
    C(ptr_extents),
    C(ptr_multicall_inner),
    C(multicall_readonly),
    C(result_readonly),
    C(count_mmu_update),
    C(count_mmuext),
    C(count_poll),
    C(count_trap_table),
    C(order_absurd),
    C(extents_absurd),
    C(hypercall_unknown),
    C(hypercall_number_huge),
    C(multicall_in_multicall),
    C(evtchn_send_huge),
    C(evtchn_close_zero),
    C(evtchn_unmask_huge),
    C(evtchn_bind_vcpu_huge),
    C(evtchn_virq_huge),
    C(evtchn_ipi_huge),
};
const unsigned int nr_pointer_cases = ARRAY_SIZE(pointer_cases);
