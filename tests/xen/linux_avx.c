/* SPDX-License-Identifier: MIT */
/* Processes that use AVX2, and write the base of %gs themselves, change places on one CPU: each
 * finds in its registers what it left there. */
#include <immintrin.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES       3
#define SECONDS         2
#define COUNTS          100000 /* between two looks */
#define HWCAP2_FSGSBASE 2

static time_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static int lanes_are(__m256i x, int want)
{
    int lane[8];

    _mm256_storeu_si256((__m256i *)(void *)lane, x);
    for (int i = 0; i < 8; i++)
        if (lane[i] != want)
            return 0;
    return 1;
}

/* Does %gs lead to word? */
static int gs_leads_to(const unsigned long *word)
{
    unsigned long base, seen;

    __asm__ volatile("rdgsbase %0\n\tmov %%gs:0, %1" : "=r"(base), "=&r"(seen));
    return base == (unsigned long)word && seen == *word;
}

/* Count in all lanes of one register; exit status. */
static int count(unsigned int n)
{
    const __m256i one = _mm256_set1_epi32(1);
    __m256i x = _mm256_set1_epi32((int)n);
    time_t end = now() + SECONDS;
    unsigned long word = n;

    __asm__ volatile("wrgsbase %0" ::"r"(&word));
    do {
        for (int i = 0; i < COUNTS; i++)
            __asm__ volatile("vpaddd %1, %0, %0" : "+x"(x) : "x"(one));
        n += COUNTS;
        if (!lanes_are(x, (int)n) || !gs_leads_to(&word))
            return 1;
        sched_yield();
    } while (now() < end);
    return 0;
}

int main(void)
{
    int status, bad = 0;

    if (!__builtin_cpu_supports("avx2")) {
        puts("AVX2 missing");
        return 1;
    }
    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE)) {
        puts("FSGSBASE missing");
        return 1;
    }
    for (unsigned int i = 1; i <= PROCESSES; i++)
        if (!fork())
            _exit(count(i * 1000003));
    while (wait(&status) > 0)
        bad |= status;
    puts(bad ? "registers lost" : "AVX2 and bases kept");
    return bad != 0;
}
