/* SPDX-License-Identifier: MIT */
/* Version, console, memory reservations, multicall, and numbers that mean nothing. */
#include "abi.h"

#define VERSION(cmd, arg)     \
    __HYPERVISOR_xen_version, \
    {                         \
        XENVER_##cmd, arg     \
    }

enum outcome abi_version(void)
{
    static char buffer[2048];
    const struct abi_call calls[] = {
        {"xen_version 77", __HYPERVISOR_xen_version, {77, 0}, -XEN_ENOSYS},
        {"version", VERSION(version, 0), 4 << 16 | 17},
        {"extraversion", VERSION(extraversion, (uint64_t)buffer), 0},
        {"extraversion to NULL", VERSION(extraversion, 0), -XEN_EFAULT},
        {"extraversion to hypervisor", VERSION(extraversion, BAD_HYPERVISOR), -XEN_EFAULT},
        {"extraversion to unmapped", VERSION(extraversion, BAD_UNMAPPED), -XEN_EFAULT},
        {"extraversion non-canonical", VERSION(extraversion, BAD_NONCANONICAL), -XEN_EFAULT},
        {"compile_info", VERSION(compile_info, (uint64_t)buffer), 0},
        {"compile_info to unmapped", VERSION(compile_info, BAD_UNMAPPED), -XEN_EFAULT},
        {"capabilities", VERSION(capabilities, (uint64_t)buffer), 0},
        {"capabilities to unmapped", VERSION(capabilities, BAD_UNMAPPED), -XEN_EFAULT},
        {"changeset to unmapped", VERSION(changeset, BAD_UNMAPPED), -XEN_EFAULT},
        {"platform_parameters to unmapped", VERSION(platform_parameters, BAD_UNMAPPED),
         -XEN_EFAULT},
        {"get_features", VERSION(get_features, ARG(xen_feature_info_t, .submap_idx = 0)), 0},
        {"get_features submap 99", VERSION(get_features, ARG(xen_feature_info_t, .submap_idx = 99)),
         -XEN_EINVAL},
        {"get_features unmapped", VERSION(get_features, BAD_UNMAPPED), -XEN_EFAULT},
        {"pagesize", VERSION(pagesize, 0), 4096},
        {"pagesize with argument", VERSION(pagesize, (uint64_t)buffer), -XEN_EINVAL},
        {"guest_handle", VERSION(guest_handle, (uint64_t)buffer), 0},
        {"guest_handle to hypervisor", VERSION(guest_handle, BAD_HYPERVISOR), -XEN_EFAULT},
    };

    return abi_run(calls, ARRAY_LEN(calls));
}

#define CONSOLE(cmd, count, buffer) \
    __HYPERVISOR_console_io,        \
    {                               \
        cmd, count, buffer          \
    }

enum outcome abi_console(void)
{
    static char buffer[8];
    const struct abi_call calls[] = {
        {"console write of 0", CONSOLE(CONSOLEIO_write, 0, (uint64_t)buffer), 0},
        {"console write from unmapped", CONSOLE(CONSOLEIO_write, 8, BAD_UNMAPPED), -XEN_EFAULT},
        {"console write from hypervisor", CONSOLE(CONSOLEIO_write, 8, BAD_HYPERVISOR), -XEN_EFAULT},
        {"console command 7", CONSOLE(7, 0, 0), -XEN_ENOSYS},
    };

    if (hypercall_console_write("", 0) == -XEN_EPERM)
        return test_skip("the hypervisor's console is not for this domain");
    return abi_run(calls, ARRAY_LEN(calls));
}

#define MEMORY(cmd, arg)    \
    __HYPERVISOR_memory_op, \
    {                       \
        XENMEM_##cmd, arg   \
    }
#define RESERVATION(...) ARG(struct xen_memory_reservation, .domid = DOMID_SELF, __VA_ARGS__)
#define DOMAIN(id)       ARG(struct xen_memory_domain, .domid = id)

enum outcome abi_memory(void)
{
    const struct abi_call calls[] = {
        {"memory_op 63", __HYPERVISOR_memory_op, {63, 0}, -XEN_ENOSYS},
        {"current_reservation of nobody", MEMORY(current_reservation, DOMAIN(NO_DOMAIN)),
         -XEN_ESRCH},
        {"current_reservation unmapped", MEMORY(current_reservation, BAD_UNMAPPED), -XEN_EFAULT},
        {"maximum_reservation of nobody", MEMORY(maximum_reservation, DOMAIN(NO_DOMAIN)),
         -XEN_ESRCH},
        {"maximum_gpfn of nobody", MEMORY(maximum_gpfn, DOMAIN(NO_DOMAIN)), -XEN_ESRCH},
        {"increase_reservation unmapped", MEMORY(increase_reservation, BAD_UNMAPPED), 0},
        {"increase_reservation by 0", MEMORY(increase_reservation, RESERVATION()), 0},
        {"increase_reservation of order 60",
         MEMORY(increase_reservation, RESERVATION(.nr_extents = 1, .extent_order = 60)), 0},
        {"decrease_reservation of order 60",
         MEMORY(decrease_reservation, RESERVATION(.nr_extents = 1, .extent_order = 60)), 0},
        {"decrease_reservation of 2^63",
         MEMORY(decrease_reservation, RESERVATION(.nr_extents = 1UL << 63)), 0},
        {"decrease_reservation, list unmapped",
         MEMORY(decrease_reservation,
                RESERVATION(.nr_extents = 1, .extent_start.p = (xen_pfn_t *)BAD_UNMAPPED)),
         0},
        {"decrease_reservation, list in hypervisor",
         MEMORY(decrease_reservation,
                RESERVATION(.nr_extents = 1, .extent_start.p = (xen_pfn_t *)BAD_HYPERVISOR)),
         0},
        {"decrease_reservation of a bad frame",
         MEMORY(decrease_reservation,
                RESERVATION(.nr_extents = 1, .extent_start.p = &(xen_pfn_t){NO_FRAME})),
         0},
        {"populate_physmap of order 60",
         MEMORY(populate_physmap, RESERVATION(.nr_extents = 1, .extent_order = 60)), 0},
        {"populate_physmap, list unmapped",
         MEMORY(populate_physmap,
                RESERVATION(.nr_extents = 1, .extent_start.p = (xen_pfn_t *)BAD_UNMAPPED)),
         0},
        {"exchange unmapped", MEMORY(exchange, BAD_UNMAPPED), -XEN_EFAULT},
        {"exchange of unequal sizes",
         MEMORY(exchange,
                ARG(struct xen_memory_exchange, .in = {.nr_extents = 1, .domid = DOMID_SELF},
                    .out = {.nr_extents = 2, .domid = DOMID_SELF})),
         -XEN_EINVAL},
        {"exchange continued from nowhere",
         MEMORY(exchange,
                ARG(struct xen_memory_exchange, .in = {.nr_extents = 1, .domid = DOMID_SELF},
                    .out = {.nr_extents = 1, .domid = DOMID_SELF}, .nr_exchanged = 2)),
         -XEN_EINVAL},
        {"machphys_mapping unmapped", MEMORY(machphys_mapping, BAD_UNMAPPED), -XEN_EFAULT},
        {"machphys_mfn_list unmapped", MEMORY(machphys_mfn_list, BAD_UNMAPPED), -XEN_EFAULT},
        {"add_to_physmap unmapped", MEMORY(add_to_physmap, BAD_UNMAPPED), -XEN_EFAULT},
        {"add_to_physmap of nobody",
         MEMORY(add_to_physmap, ARG(struct xen_add_to_physmap, .domid = NO_DOMAIN)), -XEN_ESRCH},
        {"add_to_physmap shared_info",
         MEMORY(add_to_physmap, ARG(struct xen_add_to_physmap, .domid = DOMID_SELF)), -XEN_EACCES},
        {"memory_map unmapped", MEMORY(memory_map, BAD_UNMAPPED), -XEN_EFAULT},
    };

    return abi_run(calls, ARRAY_LEN(calls));
}

enum outcome abi_multicall(void)
{
    struct multicall_entry list[3] = {
        {.op = __HYPERVISOR_xen_version, .args = {XENVER_pagesize, 0}},
        {.op = 61},
        {.op = __HYPERVISOR_multicall, .args = {0, 0}},
    };

    abi_begin();
    abi_check("multicall of 0", hypercall_multicall(NULL, 0), 0);
    abi_check("multicall unmapped", hypercall_multicall((void *)BAD_UNMAPPED, 1), -XEN_EFAULT);
    abi_check("multicall in hypervisor", hypercall_multicall((void *)BAD_HYPERVISOR, 1),
              -XEN_EFAULT);
    abi_check("multicall with bad entries", hypercall_multicall(list, 3), 0);
    abi_check("multicall entry: good", list[0].result, 4096);
    abi_check("multicall entry: unknown", list[1].result, -XEN_ENOSYS);
    abi_check("multicall entry: nested", list[2].result, -XEN_EINVAL);
    return abi_end();
}

enum outcome abi_unknown(void)
{
    const struct abi_call calls[] = {
        {"hypercall 11", 11, {0}, -XEN_ENOSYS},   {"hypercall 47", 47, {0}, -XEN_ENOSYS},
        {"hypercall 56", 56, {0}, -XEN_ENOSYS},   {"hypercall 63", 63, {0}, -XEN_ENOSYS},
        {"hypercall 100", 100, {0}, -XEN_ENOSYS}, {"hypercall 127", 127, {0}, -XEN_ENOSYS},
    };

    return abi_run(calls, ARRAY_LEN(calls));
}
