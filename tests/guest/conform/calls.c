/* SPDX-License-Identifier: MIT */
/* Each hypercall with each of its commands, with an argument of zeroes and an unreadable one. */
#include "conform.h"

#include <xen/memory.h>
#include <xen/version.h>
#include <xen/vcpu.h>

/* Any number, beyond those in the hypercall page too. */
static long call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t r10 __asm__("r10") = 0;

    __asm__ volatile("syscall"
                     : "+a"(nr), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)::"rcx", "r11", "memory");
    return (long)nr;
}

static char zeroes[4096] __attribute__((aligned(4096)));

static void clear(void)
{
    for (unsigned i = 0; i < sizeof(zeroes); i++)
        zeroes[i] = 0;
}

static void row(const char *what, const char *kind)
{
    print(what);
    print(", ");
    print(kind);
    print(":");
}

static void cell(long v)
{
    print(" ");
    print_number(v);
}

/* op(command, argument) */
static void commands(const char *what, unsigned nr, unsigned n, uint64_t skip)
{
    row(what, "zeroes");
    for (unsigned cmd = 0; cmd < n; cmd++) {
        clear();
        if (cmd < 64 &&
            (skip >> cmd & 1 || (nr == __HYPERVISOR_memory_op && cmd == XENMEM_maximum_ram_page)))
            print(" -");
        else
            cell(call(nr, cmd, (uint64_t)zeroes, 1));
    }
    print("\n");
    row(what, "unreadable");
    for (unsigned cmd = 0; cmd < n; cmd++)
        if (cmd < 64 &&
            (skip >> cmd & 1 || (nr == __HYPERVISOR_memory_op && cmd == XENMEM_maximum_ram_page)))
            print(" -");
        else
            cell(call(nr, cmd, UNMAPPED, 1));
    print("\n");
}

static void ask_mmuext(void)
{
    row("mmuext_op", "zeroes");
    for (unsigned cmd = 0; cmd < 24; cmd++) {
        struct mmuext_op op = {.cmd = cmd};

        cell(pvk_raw4(__HYPERVISOR_mmuext_op, &op, 1, NULL, DOMID_SELF));
    }
    print("\n");
}

static void ask_vcpu_op(void)
{
    for (unsigned vcpu = 0; vcpu < 3; vcpu++)
        for (unsigned bad = 0; bad < 2; bad++) {
            row("vcpu_op of vcpu", "");
            print_number(vcpu);
            print(bad ? " unreadable" : " zeroes");
            for (unsigned cmd = 0; cmd < 18; cmd++) {
                clear();
                if (!vcpu && (cmd == VCPUOP_down || cmd == VCPUOP_send_nmi))
                    print(" -");
                else
                    cell(call(__HYPERVISOR_vcpu_op, cmd, vcpu, bad ? UNMAPPED : (uint64_t)zeroes));
            }
            print("\n");
        }
}

static void ask_vm_assist(void)
{
    for (unsigned cmd = 0; cmd < 4; cmd++) {
        row("vm_assist", "");
        print_number(cmd);
        for (unsigned type = 0; type < 40; type++)
            if (cmd < 2 || type < 3)
                cell(pvk_raw2(__HYPERVISOR_vm_assist, cmd, type));
        print("\n");
    }
    /* All off again. */
    for (unsigned type = 0; type < 40; type++)
        (void)pvk_raw2(__HYPERVISOR_vm_assist, VMASST_CMD_disable, type);
}

static void ask_features(void)
{
    for (unsigned i = 0; i < 4; i++) {
        struct xen_feature_info fi = {.submap_idx = i};

        number("get_features", pvk_raw2(__HYPERVISOR_xen_version, XENVER_get_features, &fi));
        hex("features", fi.submap);
    }
}

static void ask_texts(void)
{
    static char text[2048];

    for (unsigned cmd = 0; cmd < 12; cmd++) {
        unsigned length = 0, last = 0;

        for (unsigned i = 0; i < sizeof(text); i++)
            text[i] = (char)0xa5;
        name("xen_version");
        print_number(cmd);
        print(" result ");
        print_number(cmd == XENVER_pagesize ? pvk_raw2(__HYPERVISOR_xen_version, cmd, NULL)
                                            : pvk_raw2(__HYPERVISOR_xen_version, cmd, text));
        for (unsigned i = 0; i < sizeof(text); i++)
            if (text[i] != (char)0xa5)
                last = i + 1;
        while (text[length])
            length++;
        print(" writes ");
        print_number(last);
        if (cmd == XENVER_capabilities || cmd == XENVER_commandline) {
            print(" ");
            print(text);
        }
        print("\n");
    }
}

static void ask_unknown(void)
{
    row("no such hypercall", "numbers from 40 on");
    for (unsigned nr = 40; nr < 64; nr++)
        cell(nr == __HYPERVISOR_hvm_op || nr == 41 ? 0 : call(nr, 0, 0, 0));
    cell(call(64, 0, 0, 0));
    cell(call(127, 0, 0, 0));
    print("\n");
    row("set_timer_op", "0, 1, -1");
    cell(pvk_raw1(__HYPERVISOR_set_timer_op, 0));
    cell(pvk_raw1(__HYPERVISOR_set_timer_op, -1l));
    cell(pvk_raw1(__HYPERVISOR_set_timer_op, 0));
    print("\n");
}

static void ask_multicall(void)
{
    static multicall_entry_t list[8];
    static const uint64_t ops[] = {
        __HYPERVISOR_xen_version, 999, __HYPERVISOR_iret, __HYPERVISOR_multicall,
        __HYPERVISOR_sched_op,    63,  1ul << 32 | 17,    ~0ul};
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++)
        if (ops[i] != __HYPERVISOR_iret) {
            list[n].op = ops[i];
            list[n++].args[0] = 0;
        }
    number("multicall", pvk_raw2(__HYPERVISOR_multicall, list, n));
    for (unsigned i = 0; i < n; i++)
        number("its result", (long)list[i].result);
    number("multicall of none", pvk_raw2(__HYPERVISOR_multicall, list, 0));
    number("multicall of none, nowhere", pvk_raw2(__HYPERVISOR_multicall, UNMAPPED, 0));
    number("multicall in the hypervisor", pvk_raw2(__HYPERVISOR_multicall, HV_SPACE, 1));
    number("multicall of 2^33", pvk_raw2(__HYPERVISOR_multicall, HV_SPACE, 1ul << 33));
}

/* Which registers does a hypercall change? */
static void ask_registers(void)
{
    register uint64_t r10 __asm__("r10") = 0x10, r8 __asm__("r8") = 8, r9 __asm__("r9") = 9,
                          r11 __asm__("r11") = 11;
    uint64_t rax = __HYPERVISOR_xen_version, rdi = 0, rsi = 0, rdx = 0x1d, rcx = 0xc0;

    __asm__ volatile("syscall"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8), "+r"(r9),
                       "+r"(r11), "+c"(rcx)::"memory");
    uint64_t after[] = {rdi, rsi, rdx, r10, r8, r9};

    hex("version", rax);
    print("arguments after it:");
    for (unsigned i = 0; i < ARRAY_SIZE(after); i++)
        cell((long)after[i]);
    print("\n");
}

void ask_calls(void)
{
    ask_registers();
    commands("xen_version", __HYPERVISOR_xen_version, 14, 0);
    ask_texts();
    ask_features();
    commands("event_channel_op", __HYPERVISOR_event_channel_op, 18, 0);
    commands("sched_op", __HYPERVISOR_sched_op, 12, 0x4f);
    commands("memory_op", __HYPERVISOR_memory_op, 36, 0);
    commands("grant_table_op", __HYPERVISOR_grant_table_op, 16, 0);
    commands("physdev_op", __HYPERVISOR_physdev_op, 36, 0);
    commands("hvm_op", __HYPERVISOR_hvm_op, 30, 0);
    commands("callback_op", __HYPERVISOR_callback_op, 4, 3);
    commands("nmi_op", __HYPERVISOR_nmi_op, 4, 0);
    commands("console_io", __HYPERVISOR_console_io, 4, 3);
    commands("platform_op", __HYPERVISOR_platform_op, 1, 0);
    commands("xenpmu_op", __HYPERVISOR_xenpmu_op, 8, 0);
    commands("kexec_op", __HYPERVISOR_kexec_op, 4, 0);
    ask_mmuext();
    ask_vcpu_op();
    ask_vm_assist();
    ask_unknown();
    ask_multicall();
}
