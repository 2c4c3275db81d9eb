/* SPDX-License-Identifier: MIT */
/* console_io: the emergency console. Open to every domain here; Xen keeps it for its first one. */
#include "console.h"
#include "handlers.h"

#define CHUNK 128

static long write_text(gva_t buf, uint32_t count)
{
    struct domain *d = current_vcpu()->domain;
    char text[CHUNK];

    while (count) {
        uint32_t n = MIN(count, CHUNK);

        if (guest_read(text, buf, n))
            return hv_refuse(-XEN_EFAULT, "text cannot be read");
        console_guest_write(d, text, n);
        count -= n;
        buf.v += n;
        if (count && hypercall_preempt())
            return hypercall_continue(__HYPERVISOR_console_io, 3, CONSOLEIO_write, count, buf.v, 0);
    }
    return 0;
}

/* Number of characters read. At most what is typed ahead, which is little. */
static long read_text(gva_t buf, uint32_t count)
{
    struct domain *d = current_vcpu()->domain;
    char text[CHUNK];
    uint32_t n = 0;
    int ch;

    if (count > INT32_MAX) /* the number could not be told from an error */
        return hv_refuse(-XEN_EINVAL, "count %u is too large", count);
    while (n < MIN(count, CHUNK) && (ch = console_guest_read(d)) >= 0)
        text[n++] = (char)ch;
    if (guest_write(buf, text, n))
        return hv_refuse(-XEN_EFAULT, "buffer cannot be written");
    return n;
}

long hc_console_io(uint64_t a_cmd, uint64_t a_count, uint64_t a_buf)
{
    switch ((uint32_t)a_cmd) {
    case CONSOLEIO_write:
        return write_text(GVA(a_buf), (uint32_t)a_count);
    case CONSOLEIO_read:
        return read_text(GVA(a_buf), (uint32_t)a_count);
    }
    return hv_refuse(-XEN_ENOSYS, "no console operation %u", (uint32_t)a_cmd);
}
