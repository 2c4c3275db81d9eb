/* SPDX-License-Identifier: MIT */
/*
 * The smallest useful PV guest: say hello, watch the time move, power off. It uses no library on
 * purpose, so that a failure here is a failure of the domain builder or of one of five hypercalls.
 */
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__ /* not the 3.0 names */

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <xen/version.h>

#define PAGE_PRESENT_RW_USER 7UL
#define SPIN_LIMIT           10000000UL

void hello_main(const start_info_t *si);

extern char hypercall_page[];

/* A page of the image which is remapped to the shared_info frame. */
static union {
    shared_info_t info;
    char page[4096];
} shared __attribute__((aligned(4096)));

static long hypercall(unsigned nr, unsigned long a1, unsigned long a2, unsigned long a3)
{
    void *entry = hypercall_page + nr * 32;
    long ret;

    asm volatile("call *%[entry]"
                 : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3)
                 : [entry] "r"(entry)
                 : "rcx", "r11", "memory");
    return ret;
}

static void print(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, n, (unsigned long)s);
}

static void power_off(unsigned reason)
{
    struct sched_shutdown arg = {.reason = reason};

    for (;;)
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&arg, 0);
}

static void fail(const char *why)
{
    print(why);
    power_off(SHUTDOWN_crash);
}

static uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

/* Nanoseconds since boot: <xen/xen.h>, struct vcpu_time_info, has the formula and the protocol. */
static uint64_t system_time(void)
{
    const volatile struct vcpu_time_info *t = &shared.info.vcpu_info[0].time;
    uint64_t delta, ns;
    uint32_t version;

    do {
        version = t->version;
        asm volatile("" ::: "memory");
        delta = rdtsc() - t->tsc_timestamp;
        delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
        ns = t->system_time + (uint64_t)((unsigned __int128)delta * t->tsc_to_system_mul >> 32);
        asm volatile("" ::: "memory");
    } while ((version & 1) || version != t->version);
    return ns;
}

static void check_time(void)
{
    uint64_t start = system_time();
    unsigned long i;

    for (i = 0; i < SPIN_LIMIT; i++)
        if (system_time() > start + 1000)
            return;
    fail("hello: time stands still\n");
}

void hello_main(const start_info_t *si)
{
    if (hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0) < 4 << 16)
        fail("hello: unexpected hypervisor version\n");
    if (hypercall(__HYPERVISOR_update_va_mapping, (unsigned long)&shared,
                  si->shared_info | PAGE_PRESENT_RW_USER, UVMF_INVLPG))
        fail("hello: cannot map shared_info\n");
    print("hello from a PV guest\n");
    check_time();
    print("hello: time moves, powering off\n");
    power_off(SHUTDOWN_poweroff);
}
