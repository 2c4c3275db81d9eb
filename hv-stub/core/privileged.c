/* SPDX-License-Identifier: MIT */
/*
 * What only a toolstack or the domain with the devices may ask. There is no such domain here; the
 * others are answered as Xen 4.17 answers them, which looks at some arguments before at rights.
 */
#include "handlers.h"
#include "hv.h"

#include <xen/domctl.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

static long not_privileged(const char *what)
{
    return hv_refuse(-XEN_EPERM, "%s is for a privileged domain", what);
}

static long versioned(const char *what, uint32_t has, uint32_t version)
{
    if (has != version)
        return hv_refuse(-XEN_EACCES, "version 0x%x of %s is not known, 0x%x is", has, what,
                         version);
    return 0;
}

long hc_platform_op(uint64_t arg)
{
    struct xen_platform_op op;
    long rc;

    if (guest_read(&op, GVA(arg), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    rc = versioned("platform_op", op.interface_version, XENPF_INTERFACE_VERSION);
    return rc ? rc : not_privileged("platform_op");
}

long hc_sysctl(uint64_t arg)
{
    struct xen_sysctl op;
    long rc;

    if (guest_read(&op, GVA(arg), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    rc = versioned("sysctl", op.interface_version, XEN_SYSCTL_INTERFACE_VERSION);
    return rc ? rc : not_privileged("sysctl");
}

long hc_domctl(uint64_t arg)
{
    struct xen_domctl op;
    long rc;

    if (guest_read(&op, GVA(arg), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    rc = versioned("domctl", op.interface_version, XEN_DOMCTL_INTERFACE_VERSION);
    if (rc)
        return rc;
    if (op.cmd != XEN_DOMCTL_createdomain && !domain_by_id(op.domain))
        return hv_refuse(-XEN_ESRCH, "no domain %u", op.domain);
    return not_privileged("domctl");
}

long hc_kexec_op(void)
{
    return not_privileged("kexec_op");
}

long hc_hypfs_op(void)
{
    return not_privileged("hypfs_op");
}

long hc_mca(void)
{
    return not_privileged("mca");
}

/* Performance counters: as with a Xen that was not started with vpmu. No rule is broken by asking.
 */
long hc_xenpmu_op(void)
{
    return -XEN_EOPNOTSUPP;
}
