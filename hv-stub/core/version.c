/* SPDX-License-Identifier: MIT */
/*
 * xen_version. We answer as the version whose behaviour we follow, 4.17; what names a build says
 * ours. XENVER_version doubles as the null hypercall, so it comes first and does nothing else.
 */
#include "hv.h"
#include "handlers.h"

#include <xen/version.h>

/* All but the null hypercall: for size. */
#define COLD __attribute__((cold))

#define XEN_MAJOR 4
#define XEN_MINOR 17

_Static_assert(sizeof(struct xen_compile_info) == 144, "xen/version.h");

static COLD long put(gva_t dst, const void *src, size_t n)
{
    return guest_write(dst, src, n) ? hv_refuse(-XEN_EFAULT, "result cannot be written") : 0;
}

static COLD long extraversion(gva_t arg)
{
    static const xen_extraversion_t text = ".0-pvkit";

    return put(arg, text, sizeof(text));
}

static COLD long compile_info(gva_t arg)
{
    static const struct xen_compile_info info = {
        .compiler = __VERSION__,
        .compile_by = "pvkit",
        .compile_domain = "",
        .compile_date = "",
    };

    return put(arg, &info, sizeof(info));
}

/* The start-of-day layouts we build: 64-bit PV. */
static COLD long capabilities(gva_t arg)
{
    xen_capabilities_info_t text = "xen-3.0-x86_64 "; /* a kilobyte: not in the image */

    return put(arg, text, sizeof(text));
}

static COLD long changeset(gva_t arg)
{
    static const xen_changeset_info_t text = "pvkit";

    return put(arg, text, sizeof(text));
}

static COLD long platform_parameters(gva_t arg)
{
    static const struct xen_platform_parameters p = {.virt_start = HYPERVISOR_VIRT_START};

    return put(arg, &p, sizeof(p));
}

static COLD uint32_t features(const struct domain *d)
{
    uint32_t common = 1u << XENFEAT_memory_op_vnode_supported;

    if (d->vm_assist & 1ull << VMASST_TYPE_pae_extended_cr3)
        common |= 1u << XENFEAT_pae_pgdir_above_4gb;
    if (d->kind == DOMAIN_PV) /* Xen says of those without a map of their own that it is direct */
        return common | 1u << XENFEAT_mmu_pt_update_preserve_ad | 1u << XENFEAT_highmem_assist |
               1u << XENFEAT_gnttab_map_avail_bits | 1u << XENFEAT_direct_mapped;
    return common | 1u << XENFEAT_writable_page_tables | 1u << XENFEAT_auto_translated_physmap |
           1u << XENFEAT_hvm_callback_vector | 1u << XENFEAT_hvm_safe_pvclock |
           1u << XENFEAT_not_direct_mapped;
}

static COLD long get_features(gva_t arg)
{
    struct xen_feature_info fi;

    if (guest_read(&fi, arg, sizeof(fi)))
        return hv_refuse(-XEN_EFAULT, "arguments cannot be read");
    if (fi.submap_idx >= XENFEAT_NR_SUBMAPS)
        return hv_refuse(-XEN_EINVAL, "no feature map %u", fi.submap_idx);
    fi.submap = features(current_vcpu()->domain);
    return put(arg, &fi, sizeof(fi));
}

/* Privileged in Xen: others read "<denied>". */
static COLD long commandline(gva_t arg)
{
    static const char denied[] = "<denied>";

    return put(arg, denied, sizeof(denied));
}

static COLD long other(uint32_t cmd, gva_t arg)
{
    switch (cmd) {
    case XENVER_extraversion:
        return extraversion(arg);
    case XENVER_compile_info:
        return compile_info(arg);
    case XENVER_capabilities:
        return capabilities(arg);
    case XENVER_changeset:
        return changeset(arg);
    case XENVER_platform_parameters:
        return platform_parameters(arg);
    case XENVER_get_features:
        return get_features(arg);
    case XENVER_pagesize:
        return arg.v ? hv_refuse(-XEN_EINVAL, "the argument must be null") : (long)PAGE_SIZE;
    case XENVER_guest_handle:
        return put(arg, current_vcpu()->domain->handle, sizeof(xen_domain_handle_t));
    case XENVER_commandline:
        return commandline(arg);
    case XENVER_build_id:
        return hv_refuse(-XEN_EPERM, "the build id is for privileged domains");
    }
    return hv_refuse(-XEN_ENOSYS, "no version operation %u", cmd);
}

long hc_xen_version(uint64_t a_cmd, uint64_t a_arg)
{
    if (likely((uint32_t)a_cmd == XENVER_version))
        return XEN_MAJOR << 16 | XEN_MINOR;
    return other((uint32_t)a_cmd, GVA(a_arg));
}
