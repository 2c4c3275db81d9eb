/* SPDX-License-Identifier: MIT */
/* Strict mode: which rule a guest broke, in one line on the console. */
#include "hv.h"
#include "hv_grant.h"

#define RULE_BYTES  160
#define WHERE_BYTES 64
#define FRAME_BYTES 96

/* The ABI's header lists its own values when it finds XEN_ERRNO() defined. */
#define XEN_ERRNO(name, value) {value, "-" #name},
static const struct {
    int value;
    const char *name;
} errnos[] = {
#include <xen/errno.h>
};

static const char *const statuses[] = GNTTABOP_error_msgs;

static const char *end_name(long err)
{
    if (err < -GRANT_STATUS_BASE && err > -GRANT_STATUS_BASE - (long)ARRAY_SIZE(statuses))
        return statuses[-err - GRANT_STATUS_BASE];
    for (unsigned i = 0; i < ARRAY_SIZE(errnos); i++)
        if (errnos[i].value == -err)
            return errnos[i].name;
    return "refused";
}

/* Does this hypercall work through a list, so that v->batch_index says where? */
static bool is_batch(uint64_t nr)
{
    return nr == __HYPERVISOR_mmu_update || nr == __HYPERVISOR_mmuext_op ||
           nr == __HYPERVISOR_memory_op || nr == __HYPERVISOR_set_trap_table ||
           nr == __HYPERVISOR_grant_table_op;
}

/* "mmu_update[3]", inside a multicall "multicall[7].mmu_update[3]" */
static void where(const struct vcpu *v, char *buf, size_t n)
{
    uint64_t nr = vcpu_last_hypercall(v);
    const char *name = NULL;
    int at = 0;

    if (v->mc_entry) {
        at = hv_snprintf(buf, n, "multicall[%u].", v->mc_index);
        nr = v->mc_entry->op;
    }
    if (nr < HV_NR_HYPERCALLS)
        name = hypercall_table[nr].name;
    if (!name)
        hv_snprintf(buf + at, n - (size_t)at, "hypercall %lu", (unsigned long)nr);
    else if (is_batch(nr))
        hv_snprintf(buf + at, n - (size_t)at, "%s[%u]", name, v->batch_index);
    else
        hv_snprintf(buf + at, n - (size_t)at, "%s", name);
}

static void report(struct vcpu *v, long err, const char *frame, const char *fmt, va_list ap)
{
    char rule[RULE_BYTES], place[WHERE_BYTES];

    hv_vsnprintf(rule, sizeof(rule), fmt, ap);
    where(v, place, sizeof(place));
    hv_log("strict d%uv%u rip=0x%lx %s: %s%s: %s", v->domain->id, v->id,
           (unsigned long)arch_guest_rip(v), place, rule, frame, end_name(err));
}

long hv_refuse(long err, const char *fmt, ...)
{
    struct vcpu *v = current_vcpu();
    va_list ap;

    if (!v) /* while a domain is being built */
        return err;
    __atomic_fetch_add(&v->domain->refused, 1, __ATOMIC_RELAXED);
    if (hv_opt.strict) {
        va_start(ap, fmt);
        report(v, err, "", fmt, ap);
        va_end(ap);
    }
    return err;
}

long hv_refuse_frame(long err, mfn_t mfn, const char *fmt, ...)
{
    struct vcpu *v = current_vcpu();
    char text[FRAME_BYTES], frame[FRAME_BYTES + 24];
    va_list ap;

    if (!v)
        return err;
    __atomic_fetch_add(&v->domain->refused, 1, __ATOMIC_RELAXED);
    if (hv_opt.strict) {
        frame_describe(mfn, text, sizeof(text));
        hv_snprintf(frame, sizeof(frame), " (mfn 0x%lx: %s)", (unsigned long)mfn.v, text);
        va_start(ap, fmt);
        report(v, err, frame, fmt, ap);
        va_end(ap);
    }
    return err;
}
