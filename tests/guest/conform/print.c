/* SPDX-License-Identifier: MIT */
/* Text to the console ring. */
#include "../common/ring.h"
#include "conform.h"

void console_init(void)
{
    ring_open(frame_va(start->console.domU.mfn << 12), start->console.domU.evtchn);
}

void print(const char *s)
{
    ring_print(s);
}

void print_hex(uint64_t v)
{
    char room[DIGITS_ROOM];

    print(digits(v, 16, room));
}

void print_number(long v)
{
    char room[DIGITS_ROOM];

    if (v < 0)
        print("-");
    print(digits(v < 0 ? -(uint64_t)v : (uint64_t)v, 10, room));
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

    ring_flush();
    for (;;)
        (void)pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &off);
}
