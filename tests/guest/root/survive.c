/* SPDX-License-Identifier: MIT */
#include "root.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

static sigjmp_buf back;

static void stopped(int number)
{
    siglongjmp(back, 1);
}

/* Whatever the attack did to the registers, the handler has a stack. */
static void catch_all(void)
{
    static const int signals[] = {SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGTRAP, SIGALRM, SIGSYS};
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction act = {.sa_handler = stopped, .sa_flags = SA_ONSTACK | SA_NODEFER};

    sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &act, NULL);
}

bool survive(void (*fn)(uint64_t), uint64_t arg)
{
    static const struct itimerval second = {.it_value = {.tv_sec = 1}}, none;
    static bool ready;
    volatile bool whole = false;

    if (!ready)
        catch_all();
    ready = true;
    setitimer(ITIMER_REAL, &second, NULL); /* one may not end by itself */
    if (!sigsetjmp(back, 1)) {
        fn(arg);
        whole = true;
    }
    setitimer(ITIMER_REAL, &none, NULL);
    return whole;
}
