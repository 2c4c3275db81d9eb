/* SPDX-License-Identifier: MIT */
/* The sections: cards, tables of figures, charts. A cell names its place in bench.json. */
#include "report.h"

#include <string.h>

#define MAX_COLUMNS 8

struct table {
    const char *list, *count, *figure;
    const char *env[MAX_COLUMNS], *title[MAX_COLUMNS]; /* up to the first NULL */
    const char *const *ops;
    double scale; /* shown: value times this */
    int digits;
};

/* What readers are told an operation is. */
static const struct {
    const char *op, *label;
} labels[] = {
    {"blk_read4k_qd1", "4 KiB read, 1 deep"},
    {"blk_write4k_qd1", "4 KiB write, 1 deep"},
    {"blk_read4k_qd32", "4 KiB read, 32 deep"},
    {"blk_write4k_qd32", "4 KiB write, 32 deep"},
    {"blk_read64k", "64 KiB read"},
    {"blk_write64k", "64 KiB write"},
    {"blk_read1m", "1 MiB read"},
    {"blk_write1m", "1 MiB write"},
    {"net_ping_1", "1 byte, there and back"},
    {"net_stream_64", "64 B"},
    {"net_stream_1500", "1460 B"},
    {"net_stream_64k", "65,536 B"},
};

static const char *label(const char *op)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (!strcmp(labels[i].op, op))
            return labels[i].label;
    return op;
}

static const json_t *lookup(const json_t *root, const struct table *t, int column, const char *op)
{
    return strcmp(t->list, "io") ? data_cpu(root, t->env[column], op, t->figure)
                                 : data_io(root, t->count, t->env[column], op, t->figure);
}

static void put_table(FILE *out, const json_t *root, const struct table *t, const char *caption)
{
    fprintf(out, "<div class=\"scroll\"><table><caption class=\"note\">%s</caption><thead><tr><th>",
            caption);
    fputs("</th>", out);
    for (int c = 0; t->env[c]; c++)
        fprintf(out, "<th>%s</th>", t->title[c]);
    fputs("</tr></thead><tbody>\n", out);
    for (int i = 0; t->ops[i]; i++) {
        fprintf(out, "<tr><td>%s</td>", label(t->ops[i]));
        for (int c = 0; t->env[c]; c++)
            text_cell(out, t->ops[i], t->env[c], t->figure, lookup(root, t, c, t->ops[i]), t->scale,
                      t->digits);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

static bool put_chart(FILE *out, const json_t *root, const struct table *t, const char *title,
                      const char *unit, double floor)
{
    struct chart c = {.title = title, .unit = unit, .floor = floor};

    for (int i = 0; i < CHART_GROUPS && t->ops[i]; i++)
        c.group[c.ngroups++] = label(t->ops[i]);
    for (int s = 0; t->env[s]; s++) {
        bool any = false;

        for (int i = 0; i < c.ngroups; i++) {
            double v = data_number(lookup(root, t, s, t->ops[i]));

            c.value[c.nseries][i] = v < 0 ? v : v * t->scale;
            any |= v >= 0;
        }
        c.series[c.nseries] = t->title[s];
        c.nseries += any;
    }
    return !c.nseries || chart_put(out, &c);
}

/* ---- disks and networks */

static const char *const random_ops[] = {"blk_read4k_qd1", "blk_write4k_qd1", "blk_read4k_qd32",
                                         "blk_write4k_qd32", NULL};
static const char *const sequential_ops[] = {"blk_read64k", "blk_write64k", "blk_read1m",
                                             "blk_write1m", NULL};
static const char *const blk_ops[] = {"blk_read4k_qd1",   "blk_write4k_qd1", "blk_read4k_qd32",
                                      "blk_write4k_qd32", "blk_read64k",     "blk_write64k",
                                      "blk_read1m",       "blk_write1m",     NULL};
static const char *const net_ops[] = {"net_ping_1", "net_stream_64", "net_stream_1500",
                                      "net_stream_64k", NULL};
static const char *const wall_ops[] = {
    "blk_read4k_qd1", "blk_read4k_qd32", "blk_read64k",    "blk_read1m",
    "net_ping_1",     "net_stream_1500", "net_stream_64k", NULL};

#define BLK_ENVS                                                                    \
    .env = {"bare-pio", "bare-dma", "fv-pio", "fv-dma", "fv-pv", "pv", "xen-dom0"}, \
    .title = {                                                                      \
        "bare, PIO", "bare, DMA", "FV, PIO", "FV, DMA", "FV + PV drivers", "PV", "PV on Xen"}
#define NET_ENVS .env = {"fv-ne2k", "fv-pv", "pv"}, .title = {"FV, NE2000", "FV + PV drivers", "PV"}

static bool put_disks(FILE *out, const json_t *root)
{
    const struct table exits = {"io", "instructions", "events", BLK_ENVS, blk_ops, 1, 2};
    const struct table count = {"io", "instructions", "instructions", BLK_ENVS, blk_ops, 1, 0};
    struct table part = exits;
    bool good;

    fputs(
        "<h2>A disk request</h2>\n<dl><dt>bare</dt><dd>the native kernel on QEMU's own PIIX3 disk, "
        "no hypervisor</dd><dt>FV</dt><dd>full virtualization: the same kernel, its disk emulated, "
        "every access to a port trapped</dd><dt>FV + PV drivers</dt><dd>the same container; the "
        "kernel found hypercalls by CPUID and uses rings</dd><dt>PV</dt><dd>the para-virtualized "
        "kernel: it asks by hypercall</dd><dt>PV on Xen</dt><dd>the same PV kernel, byte for byte, "
        "on Xen 4.17 with Linux's back-end in its dom0</dd></dl>\n",
        out);
    part.ops = random_ops;
    good = put_chart(out, root, &part,
                     "Entries into the hypervisor per 4 KiB request, at depth 1 "
                     "and 32 (logarithmic)",
                     "exits and hypercalls", 0.01);
    put_table(out, root, &exits, "Exits and hypercalls per request");
    part = count;
    part.ops = random_ops;
    good &=
        put_chart(out, root, &part, "Instructions per 4 KiB request, all that the CPU did for it",
                  "instructions", 0);
    part.ops = sequential_ops;
    good &= put_chart(out, root, &part,
                      "Instructions per sequential request of 64 KiB and 1 MiB (logarithmic)",
                      "instructions", 100);
    put_table(out, root, &count, "Instructions per request");
    return good;
}

static bool put_networks(FILE *out, const json_t *root)
{
    const struct table exits = {"io", "instructions", "events", NET_ENVS, net_ops, 1, 2};
    const struct table count = {"io", "instructions", "instructions", NET_ENVS, net_ops, 1, 0};
    bool good;

    fputs("<h2>A network message</h2>\n<p>Two domains on hv-stub's switch, real TCP between them "
          "(bare: two machines, of which only "
          "the sender is counted): a "
          "byte there and back, and streams of messages of 64, 1460 and 65,536 bytes.</p>\n",
          out);
    good = put_chart(out, root, &exits,
                     "Entries into the hypervisor per message, seen by the sender "
                     "(logarithmic)",
                     "exits and hypercalls", 0.01);
    put_table(out, root, &exits, "Exits and hypercalls per message");
    good &= put_chart(out, root, &count, "Instructions per message, both domains (logarithmic)",
                      "instructions", 100);
    put_table(out, root, &count, "Instructions per message");
    return good;
}

static void put_uplink(FILE *out, const json_t *root)
{
    const struct table t = {"io",    "wall", "ns", {"up-ne2k", "up-pv"}, {"FV, NE2000", "PV"},
                            net_ops, 1e-3,   1};

    if (data_io(root, "wall", "up-pv", "net_ping_1", "ns"))
        put_table(out, root, &t,
                  "Microseconds per message to a program of this computer, by the uplink");
}

static bool put_wall(FILE *out, const json_t *root)
{
    const struct table t = {
        "io", "wall", "ns", {"pv", "xen-dom0"}, {"hv-stub", "Xen + Linux dom0"}, wall_ops, 1e-3, 1};
    bool good;

    if (!data_io(root, "wall", "pv", "blk_read4k_qd1", "ns"))
        return true;
    fputs(
        "<h2>Beside real Xen</h2>\n<p>The same PV kernel with RAM-backed disks, by the clock, both "
        "in QEMU on this computer.</p>\n",
        out);
    put_table(out, root, &t, "Microseconds per request or message");
    good = put_chart(out, root, &t, "Time per request or message (logarithmic)", "microseconds", 1);
    put_uplink(out, root);
    return good;
}

/* ---- sharing */

static double shares_each(const json_t *root, const char *env, int domains)
{
    const json_t *list = json_object_get(root, "shares"), *s;
    double sum = 0;
    int n = 0;
    size_t i;

    json_array_foreach(list, i, s) if (!strcmp(json_string_value(json_object_get(s, "env")), env) &&
                                       json_integer_value(json_object_get(s, "domains")) == domains)
    {
        sum += data_number(json_object_get(s, "requests"));
        n++;
    }
    return n == domains ? sum / domains : -1;
}

/* Percent of what one domain does alone. */
static double shares_part(const json_t *root, const char *env, int domains)
{
    double one = shares_each(root, env, 1), each = shares_each(root, env, domains);

    return one > 0 && each > 0 ? 100 * each / one : -1;
}

static bool put_shares(FILE *out, const json_t *root)
{
    static const char *const counts[] = {"1", "2", "4", "8"};
    struct chart c = {
        .title = "Random 4 KiB reads of each domain, domains at once on one CPU, of what one "
                 "alone does, by instruction count (logarithmic)",
        .unit = "percent of one alone",
        .lines = true,
        .floor = 5,
        .nseries = 2,
        .ngroups = 4,
        .series = {"FV, DMA", "PV"}};

    for (int g = 0; g < 4; g++) {
        c.group[g] = counts[g];
        c.value[0][g] = shares_part(root, "fv-dma", 1 << g);
        c.value[1][g] = shares_part(root, "pv", 1 << g);
    }
    if (c.value[1][0] < 0)
        return true;
    fputs("<h2>Many domains</h2>\n", out);
    return chart_put(out, &c);
}

/* ---- the processor */

static bool put_cpu(FILE *out, const json_t *root)
{
    static const char *const shown[] = {"null_hypercall",
                                        "stack_switch",
                                        "update_va_mapping",
                                        "multicall_entry",
                                        "cpuid_forced",
                                        "event_other",
                                        NULL};
    static const char *const all[] = {"syscall",
                                      "page_fault",
                                      "pte_modify",
                                      "cr3_switch",
                                      "in",
                                      "cpuid",
                                      "msr_read",
                                      "cr0_read",
                                      "null_hypercall",
                                      "multicall_entry",
                                      "stack_switch",
                                      "yield",
                                      "timer_interrupt",
                                      "update_va_mapping",
                                      "event_other",
                                      "console_line",
                                      "halt_wakeup",
                                      "demand_page",
                                      NULL};
    struct table t = {
        "rows", NULL, "instructions", {"pv", "xen-pv"}, {"hv-stub", "Xen 4.17"}, shown, 1, 0};
    bool good;

    fputs("<h2>Hypercalls against traps</h2>\n", out);
    good = put_chart(out, root, &t,
                     "Path length of hypercalls: the same PV kernel on both (logarithmic)",
                     "instructions", 10);
    t = (struct table){"rows",
                       NULL,
                       "instructions",
                       {"bare", "fv", "pv", "xen-pv"},
                       {"bare", "FV on hv-stub", "PV on hv-stub", "PV on Xen"},
                       all,
                       1,
                       0};
    put_table(out, root, &t, "Instructions per operation");
    return good;
}

/* ---- cards and targets */

static void put_card(FILE *out, double figure, const char *text)
{
    if (figure >= 0)
        fprintf(out, "<div class=\"card\"><b>%.*f×</b>%s</div>\n", figure < 10 ? 1 : 0, figure,
                text);
}

static double ratio(const json_t *root, const char *count, const char *worse, const char *better,
                    const char *op, const char *figure)
{
    double w = data_number(data_io(root, count, worse, op, figure));
    double b = data_number(data_io(root, count, better, op, figure));

    return w < 0 || b <= 0 ? -1 : w / b;
}

static void put_cards(FILE *out, const json_t *root)
{
    const char *count = "instructions";

    fputs("<div class=\"cards\">\n", out);
    put_card(out, ratio(root, count, "fv-pio", "pv", "blk_read4k_qd1", "events"),
             "fewer exits per 4 KiB read than by trapped programmed I/O, one request at a time");
    put_card(out, ratio(root, count, "fv-dma", "pv", "blk_read4k_qd32", "events"),
             "fewer than by trapped DMA, 32 requests at a time");
    put_card(out, ratio(root, count, "fv-ne2k", "pv", "net_stream_1500", "instructions"),
             "fewer instructions per network message than by a trapped NE2000");
    put_card(out, ratio(root, "wall", "xen-dom0", "pv", "blk_read4k_qd1", "ns"),
             "faster 4 KiB reads than on Xen with a Linux dom0, in the same emulator");
    fputs("</div>\n", out);
}

static void put_targets(FILE *out, const json_t *root)
{
    const char *const lists[] = {"targets", "io_targets", "linux_targets"};
    const json_t *t;
    size_t i;

    fputs("<h2>Targets</h2>\n<div class=\"scroll\"><table><thead><tr><th></th><th>measured</th>"
          "<th>limit</th><th></th></tr></thead><tbody>\n",
          out);
    for (int l = 0; l < 3; l++)
        json_array_foreach(json_object_get(root, lists[l]), i, t)
        {
            const json_t *v = json_object_get(t, "value");
            bool met = json_is_true(json_object_get(t, "met"));

            fputs("<tr><td>", out);
            text_escape(out, json_string_value(json_object_get(t, "target")));
            if (json_is_number(v))
                fprintf(out, "</td><td>%.2f</td>", json_number_value(v));
            else
                fputs("</td><td class=\"none\">not measured</td>", out);
            fprintf(out, "<td>%s %.6g</td><td class=\"%s\">%s</td></tr>\n",
                    l && !json_is_true(json_object_get(t, "at_most")) ? "≥" : "≤",
                    data_number(json_object_get(t, "limit")), met ? "met" : "missed",
                    met                 ? "met"
                    : json_is_number(v) ? "missed"
                                        : "");
        }
    fputs("</tbody></table></div>\n", out);
}

bool sections_put(FILE *out, const json_t *root)
{
    bool good;

    put_cards(out, root);
    good = put_disks(out, root);
    good &= put_networks(out, root);
    good &= put_wall(out, root);
    good &= put_shares(out, root);
    good &= linux_put(out, root);
    good &= put_cpu(out, root);
    put_targets(out, root);
    return good;
}
