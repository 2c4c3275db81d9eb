/* SPDX-License-Identifier: MIT */
/* Everything that is checked and laid out before QEMU is started. */
#ifndef HVRUN_PREPARE_H
#define HVRUN_PREPARE_H

#include "config.h"

/* Names inside the work directory. Modules are m0, m1, … in the order of the -initrd list. */
#define WORK_HV      "hv-stub.elf" /* hv-stub tells its own name by the dot */
#define WORK_STATS   "stats"
#define WORK_CONTROL "control" /* a socket of QEMU's */
#define WORK_QMP     "qmp"     /* another, for hvctl */

/*
 * Check every file and the memory of every domain, and link or unpack the files into the work
 * directory, which must exist. @hv is the hypervisor's path. @host_mib receives the machine's
 * memory. Images of disks are locked (disks.h). Returns 0, or -1 after complaining.
 */
int prepare(struct run_config *cfg, const char *hv, unsigned int *host_mib);

#endif
