/* SPDX-License-Identifier: MIT */
/*
 * What one run of hvrun is to do: the machine, and the domains in it.
 * All strings are borrowed from argv; nothing here is allocated.
 */
#ifndef HVRUN_CONFIG_H
#define HVRUN_CONFIG_H

#include <stdbool.h>

#define HVRUN_MAX_DOMAINS   16
#define HVRUN_MAX_VCPUS     32 /* per domain: the legacy vcpu_info slots of shared_info */
#define HVRUN_MAX_CPUS      32
#define HVRUN_CMDLINE_BYTES 1024 /* MAX_GUEST_CMDLINE in <xen/xen.h>, terminator included */

/* Exit statuses. README and --help name the same numbers. */
enum hvrun_status {
    HVRUN_OK = 0,       /* every domain powered off */
    HVRUN_USAGE = 2,    /* bad option or bad file; nothing was started */
    HVRUN_CRASH = 3,    /* a guest crashed */
    HVRUN_PANIC = 4,    /* the hypervisor panicked, or the machine was reset under it */
    HVRUN_TIMEOUT = 5,  /* --timeout ran out */
    HVRUN_EMULATOR = 6, /* QEMU could not be started, or died */
    HVRUN_REBOOT = 7,   /* a guest asked for a reboot */
};

enum guest_mode {
    GUEST_PV,
    GUEST_FV,
};

enum accelerator {
    ACCEL_TCG,
    ACCEL_KVM,
};

struct domain_config {
    enum guest_mode mode;
    const char *kernel;
    const char *ramdisk; /* NULL: none */
    const char *cmdline; /* NULL: empty */
    const char *name;    /* NULL: hv-stub names it */
    unsigned int memory_mib;
    unsigned int vcpus;
    unsigned int weight; /* 0: hv-stub's default */
};

struct run_config {
    struct domain_config dom[HVRUN_MAX_DOMAINS];
    unsigned int ndom;
    unsigned int smp;
    unsigned int host_memory_mib; /* 0: as much as the domains need */
    enum accelerator accel;
    double timeout; /* seconds; 0: none */
    const char *hv; /* NULL: hv-stub.elf beside the hvrun binary */
    const char *stats;
    bool icount;
    bool strict;
    bool verbose;
};

#endif
