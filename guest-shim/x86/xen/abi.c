/* SPDX-License-Identifier: MIT */
/* Running the conformance tables. With `abi-show` on the command line every result is printed. */
#include "abi.h"

static const char *first_bad;
static long first_got, first_want;
static unsigned checked, bad;

void abi_begin(void)
{
    checked = bad = 0;
}

void abi_check(const char *what, long got, long want)
{
    checked++;
    if (cmdline_word("abi-show"))
        printk("abi: %s: %ld%s\n", what, got, got == want ? "" : " (unexpected)");
    if (got == want)
        return;
    if (bad++)
        return;
    first_bad = what;
    first_got = got;
    first_want = want;
}

enum outcome abi_end(void)
{
    if (!bad)
        return TEST_OK;
    return test_fail("%u of %u calls; \"%s\" gives %ld, not %ld", bad, checked, first_bad,
                     first_got, first_want);
}

enum outcome abi_run(const struct abi_call *calls, unsigned count)
{
    abi_begin();
    for (unsigned i = 0; i < count; i++)
        abi_check(calls[i].what,
                  pvk_arch_hypercall(calls[i].number, calls[i].args[0], calls[i].args[1],
                                     calls[i].args[2], calls[i].args[3], 0),
                  calls[i].want);
    return abi_end();
}

const struct test abi_tests[] = {
    {"abi_version", abi_version},
    {"abi_console", abi_console},
    {"abi_memory", abi_memory},
    {"abi_multicall", abi_multicall},
    {"abi_unknown", abi_unknown},
    {"abi_traps", abi_traps},
    {"abi_registers", abi_registers},
    {"abi_descriptors", abi_descriptors},
    {"abi_ports", abi_ports},
    {"abi_mmu_update", abi_mmu_update},
    {"abi_va_mapping", abi_va_mapping},
    {"abi_mmuext", abi_mmuext},
    {"abi_events", abi_events},
    {"abi_sched", abi_sched},
    {"abi_vcpu", abi_vcpu},
    {"abi_assist", abi_assist},
    {"abi_privileged", abi_privileged},
    {"abi_kernel_start", abi_kernel_start},
    {NULL, NULL},
};
