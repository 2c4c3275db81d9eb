/* SPDX-License-Identifier: MIT */
/* What an observer is told of the processor. */
#include "hv.h"
#include "cpu.h"
#include "svm.h"

bool arch_describe_cpu(uint32_t features[8])
{
    static const uint32_t word[8][3] = {
        /* leaf, below it, register: 0 eax, 1 ebx, 2 ecx, 3 edx */
        {1, 0, 3},   {1, 0, 2}, {0x80000001, 0, 3}, {0x80000001, 0, 2},
        {0xd, 1, 0}, {7, 0, 1}, {7, 0, 2},          {0x80000007, 0, 3},
    };

    for (unsigned i = 0; i < 8; i++) {
        struct cpuid_regs r = cpuid_count(word[i][0], word[i][1]);
        uint32_t max = cpuid_count(word[i][0] & 0x80000000, 0).a;

        if (word[i][0] <= max)
            features[i] = (&r.a)[word[i][2]];
    }
    return svm_usable();
}
