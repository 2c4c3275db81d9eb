/* SPDX-License-Identifier: MIT */
/* What a toolstack or the domain with the devices may do, and others hear about it. */
#define __XEN_TOOLS__ 1
#include "abi.h"

#include <xen/domctl.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sysctl.h>
#include <xen/pmu.h>

static char eoi_map[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

#define SYSCTL(...)                         \
    __HYPERVISOR_sysctl,                    \
    {                                       \
        ARG(struct xen_sysctl, __VA_ARGS__) \
    }
#define DOMCTL(...)                         \
    __HYPERVISOR_domctl,                    \
    {                                       \
        ARG(struct xen_domctl, __VA_ARGS__) \
    }
#define PLATFORM(...)                            \
    __HYPERVISOR_platform_op,                    \
    {                                            \
        ARG(struct xen_platform_op, __VA_ARGS__) \
    }

/* Of an ordinary domain; an initial domain may do most of it. */
enum outcome abi_privileged(void)
{
    const struct abi_call calls[] = {
        {"sysctl unmapped", __HYPERVISOR_sysctl, {BAD_UNMAPPED}, -XEN_EFAULT},
        {"sysctl of another version", SYSCTL(.cmd = XEN_SYSCTL_physinfo), -XEN_EACCES},
        {"sysctl physinfo",
         SYSCTL(.cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION),
         -XEN_EPERM},
        {"sysctl 999", SYSCTL(.cmd = 999, .interface_version = XEN_SYSCTL_INTERFACE_VERSION),
         -XEN_EPERM},
        {"domctl unmapped", __HYPERVISOR_domctl, {BAD_UNMAPPED}, -XEN_EFAULT},
        {"domctl of another version", DOMCTL(.cmd = XEN_DOMCTL_getdomaininfo), -XEN_EACCES},
        {"domctl for nobody",
         DOMCTL(.cmd = XEN_DOMCTL_pausedomain, .domain = NO_DOMAIN,
                .interface_version = XEN_DOMCTL_INTERFACE_VERSION),
         -XEN_ESRCH},
        {"domctl for oneself",
         DOMCTL(.cmd = XEN_DOMCTL_pausedomain, .domain = DOMID_SELF,
                .interface_version = XEN_DOMCTL_INTERFACE_VERSION),
         -XEN_ESRCH},
        {"domctl createdomain",
         DOMCTL(.cmd = XEN_DOMCTL_createdomain, .interface_version = XEN_DOMCTL_INTERFACE_VERSION),
         -XEN_EPERM},
        {"platform_op unmapped", __HYPERVISOR_platform_op, {BAD_UNMAPPED}, -XEN_EFAULT},
        {"platform_op of another version", PLATFORM(.cmd = XENPF_settime64), -XEN_EACCES},
        {"platform_op settime",
         PLATFORM(.cmd = XENPF_settime64, .interface_version = XENPF_INTERFACE_VERSION),
         -XEN_EPERM},
        {"kexec_op", __HYPERVISOR_kexec_op, {0, 0}, -XEN_EPERM},
        {"hypfs_op", __HYPERVISOR_hypfs_op, {0, 0, 0, 0}, -XEN_EPERM},
        {"mca", __HYPERVISOR_arch_0, {0}, -XEN_EPERM},
        {"xsm_op", __HYPERVISOR_xsm_op, {0}, -XEN_ENOSYS},
        {"tmem_op", 38, {0}, -XEN_ENOSYS},
        {"argo_op", __HYPERVISOR_argo_op, {0, 0, 0, 0}, -XEN_ENOSYS},
    };

    if (xen_boot.initial_domain)
        return test_skip("for an ordinary domain");
    return abi_run(calls, ARRAY_LEN(calls));
}

#define EOI(cmd, frame)                                                     \
    __HYPERVISOR_physdev_op,                                                \
    {                                                                       \
        PHYSDEVOP_##cmd, ARG(struct physdev_pirq_eoi_gmfn, .gmfn = (frame)) \
    }

/* What Linux tries at its start and an ordinary domain gets. */
enum outcome abi_kernel_start(void)
{
    const struct abi_call calls[] = {
        {"xenpmu_op init", __HYPERVISOR_xenpmu_op, {XENPMU_init, 0}, -XEN_EOPNOTSUPP},
        {"xenpmu_op 99", __HYPERVISOR_xenpmu_op, {99, 0}, -XEN_EOPNOTSUPP},
        {"nmi_op 7", __HYPERVISOR_nmi_op, {7, 0}, -XEN_ENOSYS},
        {"nmi_op register unmapped",
         __HYPERVISOR_nmi_op,
         {XENNMI_register_callback, BAD_UNMAPPED},
         -XEN_EFAULT},
        {"nmi_op register non-canonical",
         __HYPERVISOR_nmi_op,
         {XENNMI_register_callback,
          ARG(struct xennmi_callback, .handler_address = BAD_NONCANONICAL)},
         -XEN_EINVAL},
        {"nmi_op register",
         __HYPERVISOR_nmi_op,
         {XENNMI_register_callback, ARG(struct xennmi_callback, .handler_address = KERNEL_BASE)},
         0},
        {"nmi_op unregister", __HYPERVISOR_nmi_op, {XENNMI_unregister_callback, 0}, 0},
        {"pirq_eoi_gmfn unmapped",
         __HYPERVISOR_physdev_op,
         {PHYSDEVOP_pirq_eoi_gmfn_v2, BAD_UNMAPPED},
         -XEN_EFAULT},
        {"pirq_eoi_gmfn 0", EOI(pirq_eoi_gmfn_v2, 0), -XEN_EINVAL},
        {"pirq_eoi_gmfn of no frame", EOI(pirq_eoi_gmfn_v2, NO_FRAME), -XEN_EINVAL},
        {"pirq_eoi_gmfn", EOI(pirq_eoi_gmfn_v2, pfn_to_mfn(virt_to_pfn(eoi_map)).n), 0},
        {"pirq_eoi_gmfn twice", EOI(pirq_eoi_gmfn_v2, pfn_to_mfn(virt_to_pfn(eoi_map)).n),
         -XEN_EBUSY},
        {"pirq_eoi_gmfn_v1", EOI(pirq_eoi_gmfn_v1, pfn_to_mfn(virt_to_pfn(eoi_map)).n), -XEN_EBUSY},
    };

    return abi_run(calls, ARRAY_LEN(calls));
}
