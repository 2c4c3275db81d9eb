/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <math.h>
#include <string.h>

/* Whole numbers without a fraction: most counts are exact. */
static void format_count(char *text, size_t room, double value)
{
    if (fabs(value - round(value)) < 0.05)
        snprintf(text, room, "%.0f", value);
    else
        snprintf(text, room, "%.1f", value);
}

static void format_cell(char *text, size_t room, const struct cell *c)
{
    if (!c->present)
        snprintf(text, room, "-");
    else
        format_count(text, room, c->instructions);
}

static void format_events(char *text, size_t room, const struct cell *c)
{
    if (!c->present || !c->has_events)
        snprintf(text, room, "-");
    else
        snprintf(text, room, fabs(c->events - round(c->events)) < 0.005 ? "%.0f" : "%.2f",
                 c->events);
}

static void format_ratio(char *text, size_t room, const struct cell *a, const struct cell *b)
{
    double ratio;

    if (!a->present || !b->present || b->instructions <= 0) {
        snprintf(text, room, "-");
        return;
    }
    ratio = a->instructions / b->instructions;
    snprintf(text, room, ratio < 10 ? "%.2f" : "%.0f", ratio);
}

static bool slower(const struct cell *a, const struct cell *b)
{
    return a->present && b->present && a->instructions > b->instructions;
}

static void print_row(const struct row *row, FILE *out)
{
    const struct cell *c = row->cell;
    char n[ENV_COUNT][24], fv_events[24], pv_events[24], over_bare[24], over_pv[24], of_xen[24];

    for (int e = 0; e < ENV_COUNT; e++)
        format_cell(n[e], sizeof(n[e]), &c[e]);
    format_events(fv_events, sizeof(fv_events), &c[ENV_FV]);
    format_events(pv_events, sizeof(pv_events), &c[ENV_PV]);
    format_ratio(over_bare, sizeof(over_bare), &c[ENV_PV], &c[ENV_BARE]);
    format_ratio(over_pv, sizeof(over_pv), &c[ENV_FV], &c[ENV_PV]);
    format_ratio(of_xen, sizeof(of_xen), &c[ENV_PV], &c[ENV_XEN_PV]);
    fprintf(out, "%-25s%8s%9s%6s%9s%6s%9s%8s%8s%8s", row->op, n[ENV_BARE], n[ENV_FV], fv_events,
            n[ENV_PV], pv_events, n[ENV_XEN_PV], over_bare, over_pv, of_xen);
    if (slower(&c[ENV_PV], &c[ENV_FV]))
        fputs("  PV loses to FV", out);
    if (slower(&c[ENV_PV], &c[ENV_XEN_PV]))
        fputs("  Xen is faster", out);
    fputc('\n', out);
}

/* `name (2.3x), name (4.0x)` of the rows where @a takes longer than @b. */
static void print_losses(const struct report *r, enum env a, enum env b, const char *title,
                         FILE *out)
{
    size_t column = (size_t)fprintf(out, "%s", title);
    bool any = false, compared = false;

    for (size_t i = 0; i < r->nrows; i++) {
        const struct cell *c = r->row[i].cell;
        char item[80];

        compared |= c[a].present && c[b].present;
        if (!slower(&c[a], &c[b]))
            continue;
        if (c[b].instructions > 0)
            snprintf(item, sizeof(item), "%s %.1fx", r->row[i].op,
                     c[a].instructions / c[b].instructions);
        else
            snprintf(item, sizeof(item), "%s", r->row[i].op);
        if (column + strlen(item) > 95)
            column = (size_t)fprintf(out, "%s\n   ", any ? "," : "") - 1 - any;
        else if (any)
            column += (size_t)fprintf(out, ",");
        column += (size_t)fprintf(out, " %s", item);
        any = true;
    }
    fputs(any ? ".\n" : compared ? " nothing.\n" : " (no rows to compare)\n", out);
}

static void print_measures(const struct report *r, FILE *out)
{
    static const char *const titles[MEASURE_COUNT] = {
        [MEASURE_BOOT_STUB] = "QEMU start to the guest's first line on hv-stub, ms",
        [MEASURE_BOOT_XEN] = "the same on Xen, ms",
        [MEASURE_LINUX_STUB] = "QEMU start to the init of Debian's Linux on hv-stub, ms",
        [MEASURE_LINUX_BARE] = "the same without a hypervisor, ms",
        [MEASURE_LINUX_XEN] = "the same on Xen with its dom0, ms",
        [MEASURE_IDLE] = "host CPU that a waiting guest costs, per cent",
        [MEASURE_IMAGE] = "hv-stub's text and read-only data, KiB",
        [MEASURE_CORE] = "the same without devices, grants and XenStore, KiB",
    };

    for (int m = 0; m < MEASURE_COUNT; m++) {
        const struct scalar *s = &r->measure[m];

        fprintf(out, "%-53s", titles[m]);
        if (s->present)
            fprintf(out, "%8.1f\n", m >= MEASURE_IMAGE ? s->value / 1024 : s->value);
        else
            fprintf(out, "       -  (%s)\n", s->reason);
    }
}

void report_print(const struct report *r, FILE *out)
{
    fputs("\nGuest-visible instructions per operation, lowest batch (TSC of QEMU with -icount).\n"
          "ev: exits and hypercalls per operation as hv-stub counted them. bare: no hypervisor;\n"
          "fv: the same kernel trapped by hv-stub (SVM); pv: by hypercalls; xen-pv: the same PV\n"
          "ELF on Xen 4.17.\n\n",
          out);
    fprintf(out, "%-25s%8s%9s%6s%9s%6s%9s%8s%8s%8s\n", "operation", "bare", "fv", "ev", "pv", "ev",
            "xen-pv", "pv/bare", "fv/pv", "pv/xen");
    for (size_t i = 0; i < r->nrows; i++)
        print_row(&r->row[i], out);
    if (!r->nrows)
        fputs("(no results)\n", out);
    for (int e = 0; e < ENV_COUNT; e++)
        if (!r->complete[e])
            fprintf(out, "%s is incomplete: %s\n", env_name((enum env)e), r->reason[e]);
    fputc('\n', out);
    print_losses(r, ENV_PV, ENV_FV, "PV loses to FV on:", out);
    print_losses(r, ENV_PV, ENV_BARE, "PV takes longer than bare on:", out);
    fputc('\n', out);
    print_measures(r, out);
}
