/* SPDX-License-Identifier: MIT */
/* Processes that use AVX2 change places on one CPU: each finds in its registers what it left there.
 */
#include <immintrin.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 3
#define SECONDS   2
#define COUNTS    100000 /* between two looks */

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

/* Count in all lanes of one register; exit status. */
static int count(unsigned int n)
{
    const __m256i one = _mm256_set1_epi32(1);
    __m256i x = _mm256_set1_epi32((int)n);
    time_t end = now() + SECONDS;

    do {
        for (int i = 0; i < COUNTS; i++)
            __asm__ volatile("vpaddd %1, %0, %0" : "+x"(x) : "x"(one));
        n += COUNTS;
        if (!lanes_are(x, (int)n))
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
    for (unsigned int i = 1; i <= PROCESSES; i++)
        if (!fork())
            _exit(count(i * 1000003));
    while (wait(&status) > 0)
        bad |= status;
    puts(bad ? "AVX2 lost" : "AVX2 kept");
    return bad != 0;
}
