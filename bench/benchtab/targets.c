/* SPDX-License-Identifier: MIT */
/* What the project promises of its path lengths, and whether this run kept it. */
#include "report.h"

#include <string.h>

struct op_target {
    const char *op;
    enum env env;
    double limit; /* instructions */
};

/* A third of Xen 4.17's path length in its fastest configuration, on every row. */
static const struct op_target op_targets[] = {
    {"null_hypercall", ENV_PV, 84},
    {"stack_switch", ENV_PV, 73},
    {"update_va_mapping", ENV_PV, 188},
    {"multicall_entry", ENV_PV, 70},
    {"cpuid_forced", ENV_PV, 119},
    {"cr0_read", ENV_PV, 420},
    {"msr_read", ENV_PV, 378},
    {"yield", ENV_PV, 660},
    {"cpuid", ENV_FV, 220}, /* one exit and re-entry */
};

#define OP_TARGETS (sizeof(op_targets) / sizeof(op_targets[0]))

/* Boot times are of the same run, so their limits are computed. */
enum other_target {
    TARGET_BOOT,
    TARGET_LINUX_XEN,
    TARGET_LINUX_BARE,
    TARGET_IMAGE,
    TARGET_CORE,
    TARGET_IDLE,
    OTHER_TARGETS,
};

#define IMAGE_LIMIT_KIB    256
#define CORE_LIMIT_KIB     160
#define IDLE_LIMIT_PERCENT 2 /* QEMU's own housekeeping for a halted machine */

static void op_outcome(const struct report *r, const struct op_target *want,
                       struct target_outcome *t)
{
    const struct row *row = report_find(r, want->op);
    const struct cell *c = row ? &row->cell[want->env] : NULL;

    snprintf(t->what, sizeof(t->what), "%s (%s)", want->op, env_name(want->env));
    t->unit = "instructions";
    t->limit = want->limit;
    t->present = c && c->present;
    t->value = t->present ? c->instructions : 0;
}

/* No more than @share of what the boot takes elsewhere. */
static void boot_outcome(const struct report *r, enum measure ours, enum measure other,
                         double share, struct target_outcome *t)
{
    t->unit = "ms";
    t->limit = r->measure[other].value * share;
    t->present = r->measure[other].present && r->measure[ours].present;
    t->value = r->measure[ours].value;
}

static void other_outcome(const struct report *r, enum other_target which, struct target_outcome *t)
{
    const struct scalar *s;

    switch (which) {
    case TARGET_BOOT:
        strcpy(t->what, "boot to first line, half of Xen's");
        boot_outcome(r, MEASURE_BOOT_STUB, MEASURE_BOOT_XEN, 0.5, t);
        break;
    case TARGET_LINUX_XEN:
        strcpy(t->what, "Linux to its init, half of Xen's");
        boot_outcome(r, MEASURE_LINUX_STUB, MEASURE_LINUX_XEN, 0.5, t);
        break;
    case TARGET_LINUX_BARE:
        strcpy(t->what, "Linux to its init, 2.2 of bare");
        boot_outcome(r, MEASURE_LINUX_STUB, MEASURE_LINUX_BARE, 2.2, t);
        break;
    case TARGET_IMAGE:
        s = &r->measure[MEASURE_IMAGE];
        strcpy(t->what, "hv-stub text + rodata");
        t->unit = "KiB";
        t->limit = IMAGE_LIMIT_KIB;
        t->present = s->present;
        t->value = s->value / 1024;
        break;
    case TARGET_CORE:
        s = &r->measure[MEASURE_CORE];
        strcpy(t->what, "the same without devices");
        t->unit = "KiB";
        t->limit = CORE_LIMIT_KIB;
        t->present = s->present;
        t->value = s->value / 1024;
        break;
    case TARGET_IDLE:
    default:
        s = &r->measure[MEASURE_IDLE];
        strcpy(t->what, "idle guest's host CPU");
        t->unit = "per cent";
        t->limit = IDLE_LIMIT_PERCENT;
        t->present = s->present;
        t->value = s->value;
        break;
    }
}

bool target_outcome(const struct report *r, size_t i, struct target_outcome *t)
{
    *t = (struct target_outcome){0};
    if (i < OP_TARGETS)
        op_outcome(r, &op_targets[i], t);
    else if (i < OP_TARGETS + OTHER_TARGETS)
        other_outcome(r, (enum other_target)(i - OP_TARGETS), t);
    else if (i < OP_TARGETS + OTHER_TARGETS + ENV_COUNT) {
        enum env env = (enum env)(i - OP_TARGETS - OTHER_TARGETS);

        snprintf(t->what, sizeof(t->what), "%s column complete", env_name(env));
        t->unit = "run";
        t->limit = 1;
        t->value = r->complete[env];
        t->present = t->met = r->complete[env];
        return true;
    } else {
        return false;
    }
    t->met = t->present && t->value <= t->limit;
    return true;
}

int report_targets(const struct report *r, FILE *out)
{
    struct target_outcome t;
    int missed = 0;

    fputs("\ntargets:\n", out);
    for (size_t i = 0; target_outcome(r, i, &t); i++) {
        missed += !t.met;
        if (!t.present)
            fprintf(out, "  %-35s%10s  MISSED: no result\n", t.what, "-");
        else if (!strcmp(t.unit, "run"))
            fprintf(out, "  %-35s%10s  met\n", t.what, "yes");
        else
            fprintf(out, "  %-35s%10.1f  %s (at most %.1f %s)\n", t.what, t.value,
                    t.met ? "met" : "MISSED", t.limit, t.unit);
    }
    if (missed)
        fprintf(out, "%d target%s missed\n", missed, missed == 1 ? "" : "s");
    else
        fputs("every target met\n", out);
    return missed;
}
