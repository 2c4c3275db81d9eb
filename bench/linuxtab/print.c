/* SPDX-License-Identifier: MIT */
#include "linuxtab.h"

void lt_print_ratio(FILE *out, double ratio, int width)
{
    if (ratio < 0)
        fprintf(out, "%*s", width, "-");
    else
        fprintf(out, "%*.2f", width, ratio);
}

static void print_values(const struct lt_row *row, enum lt_count count, FILE *out)
{
    fprintf(out, "%-18s", row->op);
    for (int e = 0; e < LT_COLUMNS; e++)
        if (row->value[count][e] < 0)
            fprintf(out, "%11s", "-");
        else if (count == LT_NS)
            fprintf(out, "%11.2f", row->value[count][e] / 1000);
        else
            fprintf(out, "%11.0f", row->value[count][e]);
}

static bool has_any(const struct lt_row *row, enum lt_count count)
{
    for (int e = 0; e < LT_ENVS; e++)
        if (row->value[count][e] >= 0)
            return true;
    return false;
}

static void print_table(const struct lt_report *r, enum lt_count count, FILE *out)
{
    bool counted = count == LT_INSTRUCTIONS;

    fprintf(out, "%-18s", "");
    for (int e = 0; e < LT_COLUMNS; e++)
        fprintf(out, "%11s", lt_env_names[e]);
    fprintf(out, "%9s%s\n", "pv/xen", counted ? " bare/xen    added" : "");
    for (size_t i = 0; i < r->nrows; i++) {
        const struct lt_row *row = &r->row[i];

        if (!has_any(row, count))
            continue;
        print_values(row, count, out);
        lt_print_ratio(out, lt_ratio(row, count, LT_PV, LT_XEN_PV), 9);
        if (counted) {
            lt_print_ratio(out, lt_ratio(row, count, LT_BARE, LT_XEN_PV), 9);
            lt_print_ratio(out, lt_added(row), 9);
        }
        fputc('\n', out);
    }
}

/* Linux's front-ends and ours, with the same back-end. */
static void print_pairs(const struct lt_report *r, FILE *out)
{
    static const struct {
        enum lt_count count;
        enum lt_env stock, ours;
    } pairs[] = {{LT_INSTRUCTIONS, LT_PV, LT_PV_KIT},
                 {LT_INSTRUCTIONS, LT_XEN_PV, LT_XEN_KIT},
                 {LT_NS, LT_PV, LT_PV_KIT}};

    fputs("\nThe front-ends of Linux and those of pvkit (pv_blkfront.ko, pv_netfront.ko) in the "
          "same\n"
          "kernel, with the same back-end: instructions on hv-stub and on Xen, microseconds on\n"
          "hv-stub. ratio: pvkit's by Linux's.\n\n",
          out);
    fprintf(out, "%-18s%11s%11s%7s%11s%11s%7s%11s%11s%7s\n", "", "hv-stub", "pvkit", "ratio", "Xen",
            "pvkit", "ratio", "hv-stub us", "pvkit", "ratio");
    for (size_t i = 0; i < r->nrows; i++) {
        const struct lt_row *row = &r->row[i];

        if (row->value[LT_INSTRUCTIONS][LT_PV_KIT] < 0)
            continue;
        fprintf(out, "%-18s", row->op);
        for (size_t p = 0; p < sizeof(pairs) / sizeof(pairs[0]); p++) {
            const double *v = row->value[pairs[p].count], unit = pairs[p].count == LT_NS ? 1000 : 1;
            double ratio = lt_ratio(row, pairs[p].count, pairs[p].ours, pairs[p].stock);

            if (ratio < 0)
                fprintf(out, "%11s%11s%7s", "-", "-", "-");
            else
                fprintf(out, "%11.0f%11.0f%7.2f", v[pairs[p].stock] / unit, v[pairs[p].ours] / unit,
                        ratio);
        }
        fputc('\n', out);
    }
}

/* One medium, one boot: the disk that is trapped, and the one that pv_shim.ko brings. */
static void print_two_disks(const struct lt_report *r, FILE *out)
{
    bool any = false;

    for (size_t i = 0; i < r->nrows; i++) {
        const double *v = r->row[i].value[LT_INSTRUCTIONS];
        double ratio = lt_ratio(&r->row[i], LT_INSTRUCTIONS, LT_FV_ATA, LT_FV_RING);

        if (ratio < 0)
            continue;
        if (!any)
            fprintf(
                out,
                "\nOne medium by two ways in one boot of an fv guest: its trapped ATA disk, and "
                "the ring disk that\n"
                "pv_shim.ko brings. Instructions, the hypervisor's included.\n\n%-18s%13s%13s%7s\n",
                "", "by traps", "by the ring", "ratio");
        any = true;
        fprintf(out, "%-18s%13.0f%13.0f%7.2f\n", r->row[i].op, v[LT_FV_ATA], v[LT_FV_RING], ratio);
    }
}

/* Is anything known by this count? */
static bool is_known(const struct lt_report *r, enum lt_count count)
{
    for (size_t i = 0; i < r->nrows; i++)
        if (has_any(&r->row[i], count))
            return true;
    return false;
}

void lt_print(const struct lt_report *r, FILE *out)
{
    fputs(
        "\nDebian's stock Linux, the same kernel everywhere: no virtualization, a container, full\n"
        "virtualization (fv), that with PV drivers (fv-pv), para-virtualization (pv), the same on\n"
        "Xen 4.17. Guest-visible instructions of one operation. bare/xen: what is the kernel's\n"
        "own work, which no hypervisor can save. added: what pv adds to bare, hv-stub's by\n"
        "Xen's.\n\n",
        out);
    print_table(r, LT_INSTRUCTIONS, out);
    if (is_known(r, LT_NS)) {
        fputs("\nThe same in microseconds of software emulation, where a change of address space,\n"
              "of which each system call of a PV process makes two, costs hundreds of times what\n"
              "it costs hardware: only pv/xen says something.\n\n",
              out);
        print_table(r, LT_NS, out);
    }
    print_pairs(r, out);
    print_two_disks(r, out);
    for (size_t i = 0; i < r->ngone; i++)
        fprintf(out, "not measured: %s: %s\n", r->gone[i].name, r->gone[i].reason);
}
