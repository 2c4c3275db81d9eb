/* SPDX-License-Identifier: MIT */
/* Text to the console ring. */
#include "conform.h"

#include <xen/io/console.h>

static volatile struct xencons_interface *ring;

void console_init(void)
{
    ring = frame_va(start->console.domU.mfn << 12);
}

static void put(char c)
{
    while (ring->out_prod - ring->out_cons >= sizeof(ring->out)) {
        hypercall_evtchn_send(start->console.domU.evtchn);
        hypercall_sched_yield();
    }
    ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = c;
    __asm__ volatile("" ::: "memory");
    ring->out_prod++;
}

void print(const char *s)
{
    for (; *s; s++)
        put(*s);
    if (s[-1] == '\n')
        hypercall_evtchn_send(start->console.domU.evtchn);
}

static void digits(uint64_t v, unsigned base)
{
    char text[24], *p = text + sizeof(text) - 1;

    *p = 0;
    do
        *--p = "0123456789abcdef"[v % base];
    while (v /= base);
    print(p);
}

void print_hex(uint64_t v)
{
    digits(v, 16);
}

void print_number(long v)
{
    if (v < 0)
        print("-");
    digits(v < 0 ? -(uint64_t)v : (uint64_t)v, 10);
}

void name(const char *s)
{
    print(s);
    print(": ");
}

void number(const char *s, long v)
{
    name(s);
    print_number(v);
    print("\n");
}

void hex(const char *s, uint64_t v)
{
    name(s);
    print_hex(v);
    print("\n");
}

void outcome(uint64_t code)
{
    static const char *const callbacks[] = {"event", "failsafe", "syscall", "syscall32",
                                            "sysenter"};

    if (seen.vector == RETURNED) {
        print("done");
        return;
    }
    if (seen.vector >= VEC_EVENT) {
        print(callbacks[seen.vector - VEC_EVENT]);
        return;
    }
    print("#");
    print_number(seen.vector);
    if (seen.error != ~0ul) {
        print("[");
        print_hex(seen.error);
        print("]");
    }
    if (seen.rip != code) {
        print("+");
        print_hex(seen.rip - code);
    }
}

void power_off(void)
{
    struct sched_shutdown off = {.reason = SHUTDOWN_poweroff};

    hypercall_evtchn_send(start->console.domU.evtchn);
    for (unsigned i = 0; i < 1000000 && ring->out_prod != ring->out_cons; i++)
        hypercall_sched_yield();
    for (;;)
        (void)pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &off);
}
