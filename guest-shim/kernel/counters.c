/* SPDX-License-Identifier: MIT */
/* hv-stub's counts of hypercalls and other exits: CPUID leaf 0x40000101 (docs/measuring.md). */
#include "bench.h"
#include "pv_ops.h"

#define LEAF_BASE   0x40000100
#define LEAF_COUNTS 0x40000101

static bool present;
static struct counters cost; /* what reading them counts as */

static struct counters read(void)
{
    struct cpuid_regs r;

    pv_ops.cpu.cpuid(LEAF_COUNTS, 0, &r);
    return (struct counters){(uint64_t)r.ebx << 32 | r.eax, (uint64_t)r.edx << 32 | r.ecx};
}

bool counters_find(void)
{
    struct cpuid_regs r;
    struct counters first, second;
    char signature[12];

    pv_ops.cpu.cpuid(LEAF_BASE, 0, &r);
    memcpy(signature, &r.ebx, 4);
    memcpy(signature + 4, &r.ecx, 4);
    memcpy(signature + 8, &r.edx, 4);
    present = r.eax >= LEAF_COUNTS && !memcmp(signature, "pvkitHVstub", 12);
    if (present) {
        first = read();
        second = read();
        cost = (struct counters){second.hypercalls - first.hypercalls, second.exits - first.exits};
    }
    return present;
}

struct counters counters_read(void)
{
    return present ? read() : (struct counters){0, 0};
}

struct counters counters_since(struct counters start)
{
    struct counters now = counters_read();

    return (struct counters){now.hypercalls - start.hypercalls - cost.hypercalls,
                             now.exits - start.exits - cost.exits};
}
