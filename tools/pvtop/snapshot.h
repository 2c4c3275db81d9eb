/* SPDX-License-Identifier: MIT */
/* What is known of a hypervisor and its domains at one moment; what cannot be known is UNKNOWN. */
#ifndef PVTOP_SNAPSHOT_H
#define PVTOP_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNKNOWN        (-1ll)
#define NR_HYPERCALLS  64
#define MAX_EXIT_KINDS 256
#define NAME_BYTES     64

enum vcpu_state { VCPU_RUNNING, VCPU_RUNNABLE, VCPU_BLOCKED, VCPU_OFFLINE };

struct vcpu {
    enum vcpu_state state;
    uint32_t cpu;    /* it runs, or ran last, on this one */
    uint64_t cpu_ns; /* for so long it ran */
};

enum port_kind {
    PORT_UNBOUND,
    PORT_INTERDOMAIN,
    PORT_PIRQ,
    PORT_VIRQ,
    PORT_IPI,
    PORT_KINDS,
};

struct domain {
    uint32_t id;
    char name[NAME_BYTES]; /* "" if it has none, or the store does not tell */
    uint8_t uuid[16];
    bool hvm;
    uint32_t flags; /* XEN_DOMINF_* */
    uint64_t cpu_ns;
    uint64_t memory_kib, max_memory_kib;
    long long weight;
    uint32_t online;
    uint32_t nr_vcpus;
    struct vcpu *vcpu;

    long long ports[PORT_KINDS]; /* event channels in use; all UNKNOWN, or none */
    long long grant_frames, max_grant_frames;
    long long granted;       /* entries of its grant table with a permission */
    long long grants_in_use; /* … that somebody uses */
    long long grants_mapped; /* it uses so many of others */

    /* Counted by hv-stub: 32 bits that wrap around. */
    bool counted;
    uint32_t refused;
    uint32_t hypercalls[NR_HYPERCALLS];
    uint32_t nr_exit_kinds;
    uint32_t exits[MAX_EXIT_KINDS];
};

struct snapshot {
    uint64_t time_ns; /* of a clock that only goes forward */
    char version[32]; /* 4.17.0-pvkit */
    const char *scheduler;
    uint32_t nr_cpus, cpu_khz;
    uint64_t memory_kib, free_kib;
    uint64_t idle_ns; /* all CPUs together; 0 if that cannot be known */
    bool idle_known;
    uint32_t nr_domains;
    struct domain *domain; /* by number */
};

/* Give back what the snapshot holds; it is empty afterwards. */
void snapshot_free(struct snapshot *s);
/* The domain with this number, NULL if there is none. */
struct domain *snapshot_find(const struct snapshot *s, uint32_t id);
/* A counter of hv-stub's, "d3 exits", with its values. Others are left alone. */
void snapshot_count(struct snapshot *s, const char *name, uint32_t nr, const uint32_t *val);
/* Is this hv-stub? */
bool snapshot_is_hv_stub(const struct snapshot *s);

/* Event channels in use, or UNKNOWN. */
long long domain_ports(const struct domain *d);
/* In one word: running, blocked, runnable, paused, poweroff, reboot, suspend, crash, ..., dying. */
const char *domain_state(const struct domain *d);
const char *vcpu_state_name(enum vcpu_state s);

/* ---- names.c; NULL if it has none */
const char *hypercall_name(uint32_t nr);
const char *exit_name(bool hvm, uint32_t kind);
const char *port_kind_name(enum port_kind k);

#endif
