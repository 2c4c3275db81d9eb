/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* The operations that pv_bench.ko measures. */
#ifndef PVKIT_BENCH_OPS_H
#define PVKIT_BENCH_OPS_H

#include <linux/types.h>

struct bench_op {
    const char *name;
    const char *what;          /* for readers of the table */
    bool (*available)(void);   /* here, in this kind of kernel and guest; NULL: always */
    int (*prepare)(void);      /* 0 or an error; NULL: nothing */
    void (*run)(unsigned int); /* so many times, in a thread, interrupts on */
    void (*undo)(void);
};

extern const struct bench_op bench_ops[];
extern const unsigned int bench_nr_ops;

#endif
