/* SPDX-License-Identifier: MIT */
/*
 * What only a toolstack or the domain with the devices may ask. What an observer may read of it is
 * in sysctl.c and domctl.c. For the rest there is no such domain here; the others are answered as
 * Xen 4.17 answers them, which looks at some arguments before at rights.
 */
#include "handlers.h"
#include "observe.h"

#include <xen/platform.h>

static long not_privileged(const char *what)
{
    return hv_refuse(-XEN_EPERM, "%s is for a privileged domain", what);
}

long hc_platform_op(uint64_t arg)
{
    struct xen_platform_op op;
    long rc;

    if (guest_read(&op, GVA(arg), sizeof(op)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    rc = observe_version("platform_op", op.interface_version, XENPF_INTERFACE_VERSION);
    return rc ? rc : not_privileged("platform_op");
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
