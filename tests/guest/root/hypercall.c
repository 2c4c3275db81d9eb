/* SPDX-License-Identifier: MIT */
#include "root.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>

struct privcmd_hypercall { /* <xen/privcmd.h> of Linux */
    uint64_t op, arg[5];
};
#define PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

#define BUFFER_BYTES 16384

static uint64_t *buffer;

/* What pointers, frame numbers, counts and commands may look like. */
static uint64_t any_number(uint64_t *seed)
{
    uint64_t r = root_random(seed), small = r >> 8;

    switch (r % 12) {
    case 0:
    case 1:
    case 2:
        return small % 32;
    case 3:
    case 4:
    case 5:
        return (uintptr_t)buffer + small % 64 * 8;
    case 6:
        return small % 0x20000; /* frames */
    case 7:
        return 0x7ff0; /* DOMID_SELF */
    case 8:
        return 0xffff800000000000 + small % (1ull << 43); /* the hypervisor's */
    case 9:
        return 0xffffffff81000000 + small % (1 << 24); /* Linux's */
    case 10:
        return (uint64_t)-1 - small % 2;
    default:
        return r;
    }
}

static int64_t call(int fd, uint64_t op, uint64_t *seed)
{
    struct privcmd_hypercall h = {.op = op};

    for (unsigned i = 0; i < 64; i++)
        buffer[root_random(seed) % (i < 48 ? 64 : BUFFER_BYTES / 8)] = any_number(seed);
    for (unsigned i = 0; i < 5; i++)
        h.arg[i] = any_number(seed);
    return ioctl(fd, PRIVCMD_HYPERCALL, &h);
}

static void calls(uint64_t seed, unsigned n, bool (*wanted)(uint64_t op))
{
    int fd = open("/dev/xen/privcmd", O_RDWR);
    unsigned good = 0;

    buffer = mmap(NULL, BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fd < 0 || buffer == MAP_FAILED) {
        printf("hypercalls: no /dev/xen/privcmd\n");
        return;
    }
    mlock(buffer, BUFFER_BYTES);
    for (unsigned i = 0; i < n;) {
        uint64_t op = root_random(&seed) % 64;

        if (!wanted(op))
            continue;
        good += call(fd, op, &seed) >= 0;
        i++;
    }
    close(fd);
    printf("hypercalls: %u of %u without an error, the last: %m\n", good, n);
}

/* Neither replaces Linux's entry points or descriptors, nor stops its processors. */
static bool survivable(uint64_t op)
{
    switch (op) {
    case __HYPERVISOR_set_trap_table:
    case __HYPERVISOR_set_gdt:
    case __HYPERVISOR_stack_switch:
    case __HYPERVISOR_set_callbacks:
    case __HYPERVISOR_callback_op:
    case __HYPERVISOR_set_segment_base:
    case __HYPERVISOR_fpu_taskswitch:
    case __HYPERVISOR_iret:
    case __HYPERVISOR_sched_op:
    case __HYPERVISOR_sched_op_compat:
    case __HYPERVISOR_vcpu_op:
    case __HYPERVISOR_event_channel_op:
    case __HYPERVISOR_multicall:
        return false;
    }
    return true;
}

static bool any(uint64_t op)
{
    return op != __HYPERVISOR_sched_op && op != __HYPERVISOR_sched_op_compat; /* too simple */
}

void attack_hypercalls(uint64_t seed)
{
    calls(seed, 20000, survivable);
}

void attack_any_hypercalls(uint64_t seed)
{
    calls(seed, 1000000, any);
}
