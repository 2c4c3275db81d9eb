/* SPDX-License-Identifier: MIT */
#include "linuxtab.h"

#include <math.h>
#include <string.h>

/*
 * What PV on hv-stub may cost by what it costs on Xen, in instructions. Where the kernel's own work
 * is the larger part of Xen's row already, no hypervisor reaches 0.7 of it, and what the two add to
 * the bare row is compared instead; docs/measuring.md has the bounds.
 * Rows with processes move by some per cent with what is linked where: the limits leave that much
 * room.
 */
enum figure { WHOLE, ADDED };

static const struct {
    const char *op;
    enum figure figure;
    double limit;
} limits[] = {
    {"null_call", WHOLE, 0.55},
    {"null_io", WHOLE, 0.65},
    {"stat", ADDED, 0.50},
    {"open_close", ADDED, 0.50},
    {"select_tcp", ADDED, 0.50},
    {"signal_install", WHOLE, 0.60},
    {"signal_handle", ADDED, 0.50},
    {"fork", WHOLE, 0.50},
    {"exec", WHOLE, 0.51},
    {"sh", WHOLE, 0.55},
    {"switch_2p_0k", WHOLE, 0.67},
    {"switch_8p_0k", WHOLE, 0.72},
    {"switch_8p_16k", ADDED, 0.55},
    {"switch_16p_64k", ADDED, 0.55},
    {"mmap", WHOLE, 0.60},
    {"mmap", ADDED, 0.50},
    {"protection_fault", ADDED, 0.50},
    {"page_fault", WHOLE, 0.75},
    {"page_fault", ADDED, 0.55},
};
#define NR_LIMITS (sizeof(limits) / sizeof(limits[0]))

static void limit_outcome(const struct lt_report *r, size_t i, struct lt_target *t)
{
    const struct lt_row *row = lt_find(r, limits[i].op);

    snprintf(t->what, sizeof(t->what), "Linux %s: %s, hv-stub / Xen", limits[i].op,
             limits[i].figure == WHOLE ? "instructions" : "instructions that PV adds");
    t->limit = limits[i].limit;
    t->value = !row                        ? -1
               : limits[i].figure == WHOLE ? lt_ratio(row, LT_INSTRUCTIONS, LT_PV, LT_XEN_PV)
                                           : lt_added(row);
    t->present = t->value >= 0;
}

/*
 * Our front-ends by Linux's, in instructions: on the whole no more. How requests and
 * acknowledgements happen to meet moves single rows by a per cent or two, more where both ends take
 * turns on one CPU.
 */
static const struct {
    const char *rows, *driver, *where;
    enum lt_env stock, ours;
} pairs[] = {
    {"blk_", "pv_blkfront / xen-blkfront", "hv-stub", LT_PV, LT_PV_KIT},
    {"net_", "pv_netfront / xen-netfront", "hv-stub", LT_PV, LT_PV_KIT},
    {"blk_", "pv_blkfront / xen-blkfront", "Xen", LT_XEN_PV, LT_XEN_KIT},
    {"net_", "pv_netfront / xen-netfront", "Xen", LT_XEN_PV, LT_XEN_KIT},
};
#define NR_PAIRS (sizeof(pairs) / sizeof(pairs[0]))

static void pair_outcome(const struct lt_report *r, size_t i, bool worst, struct lt_target *t)
{
    double logs = 0, most = 0;
    int n = 0;

    for (size_t k = 0; k < r->nrows; k++) {
        double ratio = lt_ratio(&r->row[k], LT_INSTRUCTIONS, pairs[i].ours, pairs[i].stock);

        if (ratio <= 0 || strncmp(r->row[k].op, pairs[i].rows, 4))
            continue;
        logs += log(ratio);
        most = ratio > most ? ratio : most;
        n++;
    }
    snprintf(t->what, sizeof(t->what), "%s on %s: %s", pairs[i].driver, pairs[i].where,
             worst ? "instructions, worst row" : "instructions, mean");
    t->limit = worst ? 1.05 : 1;
    t->present = n > 0;
    t->value = !n ? 0 : worst ? most : exp(logs / n);
}

/* Single rows of one run by the clock say little on a busy computer; all of them together do. */
static void time_outcome(const struct lt_report *r, struct lt_target *t)
{
    double logs = 0;
    int n = 0;

    strcpy(t->what, "Linux: time of all rows, geometric mean, hv-stub / Xen");
    t->limit = 1;
    for (size_t i = 0; i < r->nrows; i++) {
        double ratio = lt_ratio(&r->row[i], LT_NS, LT_PV, LT_XEN_PV);

        if (ratio <= 0)
            continue;
        logs += log(ratio);
        n++;
    }
    t->present = n > 0;
    t->value = n ? exp(logs / n) : 0;
}

bool lt_target(const struct lt_report *r, size_t i, struct lt_target *t)
{
    *t = (struct lt_target){0};
    if (i < NR_LIMITS)
        limit_outcome(r, i, t);
    else if (i == NR_LIMITS)
        time_outcome(r, t);
    else if (i - NR_LIMITS - 1 < 2 * NR_PAIRS)
        pair_outcome(r, (i - NR_LIMITS - 1) / 2, (i - NR_LIMITS - 1) % 2, t);
    else
        return false;
    t->met = t->present && t->value <= t->limit;
    return true;
}

int lt_targets(const struct lt_report *r, FILE *out)
{
    struct lt_target t;
    int missed = 0;

    fputs("\ntargets:\n", out);
    for (size_t i = 0; lt_target(r, i, &t); i++) {
        missed += !t.met;
        if (t.present)
            fprintf(out, "  %-62s%7.2f  %s (at most %g)\n", t.what, t.value,
                    t.met ? "met" : "MISSED", t.limit);
        else
            fprintf(out, "  %-62s%7s  MISSED: no result\n", t.what, "-");
    }
    return missed;
}
