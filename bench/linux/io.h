/* SPDX-License-Identifier: MIT */
/*
 * linuxio: what block requests and packets cost a Linux. The same static program runs in every
 * environment, so that only what is below its system calls differs.
 */
#ifndef LINUX_IO_H
#define LINUX_IO_H

#include <stdint.h>

/* Run fn(arg, n), which does n operations of `bytes` each, in several batches, and print the
 * cheapest as a BENCH line, per operation; nothing if the row was not asked for. */
void io_measure(const char *op, void (*fn)(void *arg, unsigned n), void *arg, unsigned n,
                unsigned bytes);
/* Say what failed, with errno, and end the program. */
_Noreturn void io_die(const char *what);

/* Was this row asked for? */
int io_wanted(const char *op);

/* blk.c: all rows of a block device. Its contents are lost. */
void io_blk(const char *device);
/* net.c: all rows of a network, to the peer at `address` (IPv4), and that peer. */
void io_net(const char *address);
_Noreturn void io_serve(void);

#endif
