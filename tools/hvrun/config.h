/* SPDX-License-Identifier: MIT */
/* What one run of hvrun is to do: the machine, and the domains in it. */
#ifndef HVRUN_CONFIG_H
#define HVRUN_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define HVRUN_MAX_DOMAINS   16
#define HVRUN_MAX_VCPUS     32 /* per domain: the legacy vcpu_info slots of shared_info */
#define HVRUN_MAX_CPUS      32
#define HVRUN_CMDLINE_BYTES 1024 /* MAX_GUEST_CMDLINE in <xen/xen.h>, terminator included */
#define HVRUN_MAX_DISKS     4    /* per domain: two ATA channels with two each */
#define HVRUN_MAX_NICS      2    /* per domain */
#define HVRUN_MAX_IMAGES    24   /* of the machine: slots on its PCI bus */
#define HVRUN_MEMORY_MIB    64   /* a domain's, unless it says otherwise */

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
    GUEST_UNSET, /* only while options are read */
    GUEST_PV,
    GUEST_FV,
    GUEST_PVH,
};

enum accelerator {
    ACCEL_TCG,
    ACCEL_KVM,
};

enum disk_format {
    DISK_FORMAT_UNSET, /* raw, unless the file looks like something else */
    DISK_FORMAT_RAW,
    DISK_FORMAT_QCOW2,
};

/* One disk of a domain: an image file, or memory of the machine. */
struct disk_config {
    const char *path;     /* NULL: a RAM disk */
    unsigned int ram_mib; /* its size */
    const char *ram_name; /* NULL: the domain's own; else shared with those who say the same */
    const char *vdev;     /* what the guest calls it; "xvda" ... */
    enum disk_format format;
    bool readonly;
    unsigned int iops;  /* requests per second; 0: no limit */
    unsigned int image; /* index into run_config.image, set by disks_prepare() */
};

/* A port of this computer that is forwarded to the domain. */
struct forward_config {
    bool udp;
    unsigned int host_port, guest_port;
};

#define HVRUN_MAX_FORWARDS 8

/* One network card of a domain, plugged into the machine's switch. */
struct net_config {
    bool user;             /* the switch has an uplink into QEMU's user network */
    const char *mac;       /* NULL: hv-stub gives it one */
    unsigned int rate_kib; /* KiB per second that the domain may send; 0: no limit */
    unsigned int nforwards;
    struct forward_config forward[HVRUN_MAX_FORWARDS];
};

/* What follows the end of a domain. */
enum end_action {
    END_UNSET,   /* only while options are read */
    END_DESTROY, /* nothing: hvrun's status tells */
    END_RESTART,
    END_PRESERVE,
};

struct domain_config {
    enum guest_mode mode;
    enum end_action on_reboot, on_crash;
    bool xen;      /* fv: it sees Xen's CPUID leaves and may use PV drivers */
    bool observer; /* it may read what a toolstack reads, of all domains */
    const char *kernel;
    const char *ramdisk; /* NULL: none */
    const char *cmdline; /* NULL: empty */
    const char *name;    /* NULL: hv-stub names it */
    const char *config;  /* xl.cfg file that says what the options leave open; NULL: none */
    unsigned int memory_mib;
    unsigned int vcpus;
    unsigned int weight; /* 0: hv-stub's default */
    unsigned int ndisks, nnics;
    struct disk_config disk[HVRUN_MAX_DISKS];
    struct net_config nic[HVRUN_MAX_NICS];
    bool no_net; /* --net none: the xl.cfg file's are not wanted */
};

/* An image file, which several domains may share for reading. The machine has one disk for it. */
struct disk_image {
    const char *path;
    dev_t device; /* which file it is, whatever it is called */
    ino_t inode;
    enum disk_format format;
    bool readonly;
    int fd; /* holds the lock on it until this process ends */
};

struct kept_text;

/*
 * Strings are borrowed from argv, or belong to @kept: config_free() releases those.
 */
struct run_config {
    struct domain_config dom[HVRUN_MAX_DOMAINS];
    unsigned int ndom;
    struct disk_image image[HVRUN_MAX_IMAGES];
    unsigned int nimages;
    unsigned int smp;
    unsigned int host_memory_mib; /* 0: as much as the domains need */
    enum accelerator accel;
    double timeout; /* seconds; 0: none */
    const char *hv; /* NULL: hv-stub.elf beside the hvrun binary */
    const char *stats;
    const char *control; /* where the control channel is found; NULL: there is none */
    bool icount;
    bool strict;
    bool interactive; /* Ctrl-C is for the guests */
    bool verbose;
    struct kept_text *kept;
};

/* A copy of @text that lives as long as @cfg. Memory exhaustion aborts. */
char *config_keep(struct run_config *cfg, const char *text);

/* Release the copies and close the images. @cfg may not be used afterwards. */
void config_free(struct run_config *cfg);

#endif
