/* SPDX-License-Identifier: MIT */
/* Hypercalls and their commands by number, with nothing, with an unreadable argument, and with one
 * page of zeros: which are there for a PVH guest, and how they refuse. */
#include "pvh.h"

#include <xen/callback.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/physdev.h>

#define NOWHERE (1ul << 45)

static char zeros[4096] __attribute__((aligned(4096)));
#define ZEROS ((unsigned long)(uintptr_t)zeros)

static void clear(void)
{
    for (unsigned i = 0; i < sizeof(zeros); i++)
        zeros[i] = 0;
}

static void numbered(const char *name, unsigned n, const char *with, long rc)
{
    print(name);
    print(" ");
    print_number((long)n);
    result(with, rc);
}

/* Those that would end the guest, or never come back, or talk. */
static bool is_quiet(unsigned nr)
{
    return nr == __HYPERVISOR_sched_op || nr == __HYPERVISOR_sched_op_compat ||
           nr == __HYPERVISOR_multicall || nr == __HYPERVISOR_iret;
}

static void try_numbers(void)
{
    for (unsigned nr = 0; nr < 64; nr++)
        if (!is_quiet(nr))
            numbered("hypercall", nr, " with zeros", call(nr, 0, 0, 0, 0));
    for (unsigned nr = 0; nr < 64; nr++)
        if (!is_quiet(nr))
            numbered("hypercall", nr, " with ones", call(nr, ~0ul, ~0ul, ~0ul, ~0ul));
}

static void try_commands(const char *name, unsigned nr, unsigned commands, unsigned long without)
{
    for (unsigned cmd = 0; cmd < commands; cmd++) {
        if (cmd < 64 && without >> cmd & 1)
            continue;
        numbered(name, cmd, " unreadable", call(nr, cmd, NOWHERE, 0, 0));
        clear();
        numbered(name, cmd, " zeros", call(nr, cmd, ZEROS, 0, 0));
    }
}

/* These take a count between command and list. */
static void try_grant_commands(void)
{
    for (unsigned cmd = 0; cmd < 14; cmd++) {
        clear();
        numbered("grant_table_op", cmd, " none",
                 call(__HYPERVISOR_grant_table_op, cmd, ZEROS, 0, 0));
        numbered("grant_table_op", cmd, " unreadable",
                 call(__HYPERVISOR_grant_table_op, cmd, NOWHERE, 1, 0));
        numbered("grant_table_op", cmd, " zeros",
                 call(__HYPERVISOR_grant_table_op, cmd, ZEROS, 1, 0));
    }
}

static void try_vcpu_commands(void)
{
    for (unsigned cmd = 0; cmd < 16; cmd++) {
        if (cmd == VCPUOP_initialise || cmd == VCPUOP_up || cmd == VCPUOP_down)
            continue;
        numbered("vcpu_op", cmd, " unreadable", call(__HYPERVISOR_vcpu_op, cmd, 0, NOWHERE, 0));
        clear();
        numbered("vcpu_op", cmd, " zeros", call(__HYPERVISOR_vcpu_op, cmd, 0, ZEROS, 0));
        numbered("vcpu_op", cmd, " vcpu 1", call(__HYPERVISOR_vcpu_op, cmd, 1, ZEROS, 0));
        numbered("vcpu_op", cmd, " vcpu 77", call(__HYPERVISOR_vcpu_op, cmd, 77, ZEROS, 0));
    }
}

void try_calls(void)
{
    try_numbers();
    try_commands("event_channel_op", __HYPERVISOR_event_channel_op, 16, 1ul << EVTCHNOP_reset);
    try_commands("physdev_op", __HYPERVISOR_physdev_op, 34, 0);
    try_commands("hvm_op", __HYPERVISOR_hvm_op, 28, 0);
    try_commands("vm_assist", __HYPERVISOR_vm_assist, 4, 0);
    try_commands("callback_op", __HYPERVISOR_callback_op, 4, 0);
    try_commands("nmi_op", __HYPERVISOR_nmi_op, 3, 0);
    try_grant_commands();
    try_vcpu_commands();
}
