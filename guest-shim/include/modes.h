/* SPDX-License-Identifier: MIT */
/* What the command line can ask for. */
#ifndef SHIM_MODES_H
#define SHIM_MODES_H

#include <stdbool.h>

/* Echo typed lines until `quit`. */
void mode_echo(void);

/* A line about every 100 ms, until `count=N` lines are out (forever without). With `check` 2 MiB of
 * memory are looked through each time, and a change ends it. */
void mode_count(void);

/*
 * Disks (README.md has the words): the integrity tests, or what blktest= names; and the
 * measurements. True if all is well.
 */
bool mode_blktest(void);
void mode_blkbench(void);

/* The same for network cards. */
bool mode_nettest(void);
void mode_netbench(void);

#endif
