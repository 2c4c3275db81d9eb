/* SPDX-License-Identifier: MIT */
/* What the forced-emulation CPUID says, and which model-specific registers there are. */
#include "conform.h"

struct regs {
    uint32_t a, b, c, d;
};

static struct regs cpuid(uint32_t leaf, uint32_t sub)
{
    struct regs r;

    __asm__ volatile("ud2; .ascii \"xen\"; cpuid"
                     : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
                     : "0"(leaf), "2"(sub));
    return r;
}

static void ask_leaf(uint32_t leaf, uint32_t sub)
{
    struct regs r = cpuid(leaf, sub);

    if (leaf == 1 || leaf == 0x80000001)
        r.a = 0; /* which processor this is */
    if (leaf == 0x40000003)
        r.a = sub ? 0 : r.a, r.b = sub ? 0 : r.b, r.c = 0; /* its frequency */
    if (leaf == 0x40000005)
        r.b = r.b != 0; /* how much memory there is */
    if (!(r.a | r.b | r.c | r.d))
        return;
    print("cpuid ");
    print_hex(leaf);
    print(".");
    print_hex(sub);
    print(": ");
    print_hex(r.a);
    print(" ");
    print_hex(r.b);
    print(" ");
    print_hex(r.c);
    print(" ");
    print_hex(r.d);
    print("\n");
}

void ask_cpuid(void)
{
    static const uint32_t bases[] = {0, 0x40000000, 0x80000000, 0x80860000, 0xc0000000};

    for (unsigned b = 0; b < ARRAY_SIZE(bases); b++)
        for (uint32_t i = 0; i < 0x24; i++)
            for (uint32_t sub = 0; sub < 3; sub++)
                if (!sub || i == 4 || i == 7 || i == 0xd || (b == 1 && i > 2))
                    ask_leaf(bases[b] + i, sub);
}

static uint64_t rdmsr(void *msr)
{
    uint32_t a, d;

    __asm__ volatile("rdmsr" : "=a"(a), "=d"(d) : "c"(*(uint32_t *)msr));
    return a | (uint64_t)d << 32;
}

struct write {
    uint32_t msr;
    uint64_t value;
};

static uint64_t wrmsr(void *arg)
{
    struct write *w = arg;

    __asm__ volatile("wrmsr" ::"c"(w->msr), "a"((uint32_t)w->value),
                     "d"((uint32_t)(w->value >> 32)));
    return 0;
}

static char can_write(uint32_t msr, uint64_t value)
{
    struct write w = {msr, value};

    try(wrmsr, &w);
    return seen.vector == RETURNED ? 'y' : seen.vector == 13 ? 'n' : '?';
}

static void ask_msr(uint32_t msr)
{
    uint64_t v = try(rdmsr, &msr);
    bool readable = seen.vector == RETURNED;
    char text[5] = "    ";

    text[0] = readable ? can_write(msr, v) : '-';
    text[1] = can_write(msr, 0);
    text[2] = can_write(msr, 1);
    text[3] = can_write(msr, ~0ul);
    if (readable && text[0] == 'y')
        can_write(msr, v);
    if (!readable && text[1] == 'n' && text[2] == 'n' && text[3] == 'n')
        return;
    print("msr ");
    print_hex(msr);
    print(readable ? ": readable " : ": not readable ");
    if (readable && msr != 0x10)
        print_hex(v);
    print(", may write what it has, 0, 1, all ones: ");
    print(text);
    print("\n");
}

void ask_msrs(void)
{
    static const uint32_t ranges[][2] = {{0, 0x490},
                                         {0x800, 0x810},
                                         {0x40000000, 0x40000004},
                                         {0xc0000080, 0xc0000110},
                                         {0xc0010000, 0xc0010120},
                                         {0xc0010200, 0xc0010210},
                                         {0xc0011000, 0xc0011040}};

    for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++)
        for (uint32_t msr = ranges[i][0]; msr < ranges[i][1]; msr++)
            ask_msr(msr);
}
