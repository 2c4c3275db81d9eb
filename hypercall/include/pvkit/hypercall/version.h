/* SPDX-License-Identifier: MIT */
/* xen_version and console_io: <xen/version.h>, <xen/xen.h>. */
#ifndef PVKIT_HYPERCALL_VERSION_H
#define PVKIT_HYPERCALL_VERSION_H

#include <pvkit/xen.h>
#include <pvkit/arch.h>
#include <xen/version.h>

/* Any XENVER_* command; `arg` is what that command's comment in <xen/version.h> names. */
PVK_INLINE long hypercall_xen_version(unsigned int cmd, void *arg)
{
    return pvk_raw2(__HYPERVISOR_xen_version, cmd, arg);
}

/*
 * The cheapest hypercall there is: no argument, no copy. Besides measuring it serves to make the
 * hypervisor look for pending events, because it does so on every return to the guest.
 * Returns major << 16 | minor.
 */
PVK_INLINE long hypercall_version(void)
{
    return hypercall_xen_version(XENVER_version, NULL);
}

/* The ".7" of "4.17.7", NUL-terminated. */
PVK_INLINE int hypercall_version_extra(xen_extraversion_t *out)
{
    return (int)hypercall_xen_version(XENVER_extraversion, out);
}

/* Who compiled the hypervisor, when and with what; empty strings if that is withheld. */
PVK_INLINE int hypercall_version_compile_info(xen_compile_info_t *out)
{
    return (int)hypercall_xen_version(XENVER_compile_info, out);
}

/* Space-separated list of guest types, e.g. "xen-3.0-x86_64". */
PVK_INLINE int hypercall_version_capabilities(xen_capabilities_info_t *out)
{
    return (int)hypercall_xen_version(XENVER_capabilities, out);
}

/* Source revision of the hypervisor, NUL-terminated. */
PVK_INLINE int hypercall_version_changeset(xen_changeset_info_t *out)
{
    return (int)hypercall_xen_version(XENVER_changeset, out);
}

/* Lowest linear address the hypervisor reserves. */
PVK_INLINE int hypercall_version_virt_start(xen_ulong_t *out)
{
    xen_platform_parameters_t params;
    int rc = (int)hypercall_xen_version(XENVER_platform_parameters, &params);

    if (!rc)
        *out = params.virt_start;
    return rc;
}

/* Word `submap` (32 features each, XENFEAT_* in <xen/features.h>) of the feature bitmap. */
PVK_INLINE int hypercall_version_features(unsigned int submap, uint32_t *out)
{
    xen_feature_info_t info = {.submap_idx = submap};
    int rc = (int)hypercall_xen_version(XENVER_get_features, &info);

    if (!rc)
        *out = info.submap;
    return rc;
}

/* Bytes per page the hypervisor deals in; 4096 on x86. */
PVK_INLINE long hypercall_version_pagesize(void)
{
    return hypercall_xen_version(XENVER_pagesize, NULL);
}

/* The toolstack's UUID of this domain. */
PVK_INLINE int hypercall_version_guest_handle(xen_domain_handle_t *out)
{
    return (int)hypercall_xen_version(XENVER_guest_handle, out);
}

/* The hypervisor's own command line, NUL-terminated; for the privileged domain. */
PVK_INLINE int hypercall_version_commandline(xen_commandline_t *out)
{
    return (int)hypercall_xen_version(XENVER_commandline, out);
}

/*
 * The hypervisor's linker build id. Set out->len to the room in out->buf; `out` == NULL asks for
 * the length only. Returns the number of bytes, -XEN_ENODATA without an id, -XEN_ENOBUFS if short.
 */
PVK_INLINE long hypercall_version_build_id(xen_build_id_t *out)
{
    return hypercall_xen_version(XENVER_build_id, out);
}

/*
 * Print `count` bytes on the hypervisor's console. An unprivileged domain's text may be held back
 * until its newline and filtered to printable characters. Returns 0, or -XEN_EPERM where the
 * hypervisor keeps guests off its console.
 */
PVK_INLINE int hypercall_console_write(const char *text, unsigned int count)
{
    return (int)pvk_raw3(__HYPERVISOR_console_io, CONSOLEIO_write, count, text);
}

/*
 * Read up to `count` bytes typed at the hypervisor's console without waiting. Returns how many,
 * or -XEN_EPERM for a domain that does not own the input.
 */
PVK_INLINE int hypercall_console_read(char *buffer, unsigned int count)
{
    return (int)pvk_raw3(__HYPERVISOR_console_io, CONSOLEIO_read, count, buffer);
}

#endif
