/* SPDX-License-Identifier: MIT */
/*
 * PV console group. The hypervisor's own console is tried first; where it refuses an ordinary
 * domain, text goes through the ring shared with the console back-end (<xen/io/console.h>).
 */
#include "xen_shim.h"
#include <xen/io/console.h>

static struct xencons_interface *ring; /* NULL: the hypervisor's console is ours */

void xen_console_init(void)
{
    pfn_t pfn;

    if (hypercall_console_write("", 0) != -XEN_EPERM || xen_boot.initial_domain)
        return;
    pfn = pfn_make(pvk_mfn_to_pfn(&xen_p2m, xen_boot.console_mfn).n);
    if (pfn_valid(pfn))
        ring = pfn_to_virt(pfn);
}

static void notify(void)
{
    hypercall_evtchn_send(xen_boot.console_port);
}

/* Copy what fits; returns how much that was. The text must be visible before the index is. */
static size_t ring_put(const char *text, size_t len)
{
    XENCONS_RING_IDX cons = __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE);
    XENCONS_RING_IDX prod = ring->out_prod;
    size_t n = 0;

    for (; n < len && prod - cons < sizeof(ring->out); n++, prod++)
        ring->out[MASK_XENCONS_IDX(prod, ring->out)] = text[n];
    __atomic_store_n(&ring->out_prod, prod, __ATOMIC_RELEASE);
    return n;
}

static void ring_write(const char *text, size_t len)
{
    size_t n;

    for (; len; text += n, len -= n) {
        n = ring_put(text, len);
        notify();
        if (n == 0)
            hypercall_sched_yield();
    }
}

/* A terminal wants a carriage return before each newline; the hypervisor's console adds its own. */
static void ring_write_lines(const char *text, size_t len)
{
    size_t run;

    while (len) {
        for (run = 0; run < len && text[run] != '\n'; run++)
            ;
        ring_write(text, run);
        text += run, len -= run;
        if (len) {
            ring_write("\r\n", 2);
            text++, len--;
        }
    }
}

void xen_console_write(const char *text, size_t len)
{
    if (ring)
        ring_write_lines(text, len);
    else
        hypercall_console_write(text, len);
}

static size_t ring_read(char *text, size_t len)
{
    XENCONS_RING_IDX prod = __atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE);
    XENCONS_RING_IDX cons = ring->in_cons;
    size_t n = 0;

    for (; n < len && cons != prod && n < sizeof(ring->in); n++, cons++)
        text[n] = ring->in[MASK_XENCONS_IDX(cons, ring->in)];
    __atomic_store_n(&ring->in_cons, cons, __ATOMIC_RELEASE);
    if (n)
        notify();
    return n;
}

size_t xen_console_read(char *text, size_t len)
{
    int n;

    if (ring)
        return ring_read(text, len);
    n = hypercall_console_read(text, len);
    return n > 0 ? n : 0;
}
