/* SPDX-License-Identifier: MIT */
/* linux-root-attacks ATTACK [SEED]: what root can do to what Linux runs on. */
#include "root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    void (*fn)(uint64_t seed);
} attacks[] = {
    {"cpu", attack_cpu},
    {"ldt", attack_ldt},
    {"ports", attack_ports},
    {"mem", attack_mem},
    {"msr", attack_msr},
    {"modules", attack_modules},
    {"kexec", attack_kexec},
    {"hypercalls", attack_hypercalls},
    {"any-hypercalls", attack_any_hypercalls},
};
#define NR_ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

uint64_t root_random(uint64_t *seed)
{
    uint64_t x = *seed += 0x9e3779b97f4a7c15;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc > 1 && i < NR_ATTACKS; i++)
        if (!strcmp(argv[1], attacks[i].name)) {
            attacks[i].fn(seed);
            return 0;
        }
    fputs("usage: linux-root-attacks ATTACK [SEED]\n", stderr);
    return 2;
}
