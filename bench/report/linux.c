/* SPDX-License-Identifier: MIT */
/* The section about a stock Linux: no virtualization, a container, full and para. */
#include "report.h"

#include <string.h>

/* The columns of the table; behind them the same environments with our front-ends, and the disks of
 * an FV guest. */
enum {
    BARE,
    CONTAINER,
    FV,
    FV_PV,
    PV,
    XEN_PV,
    NR_ENVS,
    PV_PVKIT = NR_ENVS,
    XEN_PVKIT,
    FV_ATA,
    FV_RING
};

static const struct {
    const char *name, *title;
} envs[] = {
    [BARE] = {"bare", "bare"},
    [CONTAINER] = {"container", "container"},
    [FV] = {"fv", "FV"},
    [FV_PV] = {"fv-pv", "FV + PV drivers"},
    [PV] = {"pv", "PV"},
    [XEN_PV] = {"xen-pv", "PV on Xen"},
    [PV_PVKIT] = {"pv-pvkit", ""},
    [XEN_PVKIT] = {"xen-pvkit", ""},
    [FV_ATA] = {"fv-ata", "by traps"},
    [FV_RING] = {"fv-ring", "by the ring"},
};

static const struct {
    const char *op, *label;
    bool charted;
} ops[] = {
    {"null_call", "null call", true},
    {"null_io", "null I/O", false},
    {"stat", "stat", true},
    {"open_close", "open, close", false},
    {"select_tcp", "select, 100 TCP", false},
    {"signal_install", "signal, installed", false},
    {"signal_handle", "signal, handled", true},
    {"fork", "fork", true},
    {"exec", "exec", true},
    {"sh", "sh", true},
    {"switch_2p_0k", "switch, 2 × 0 KiB", true},
    {"switch_2p_16k", "switch, 2 × 16 KiB", false},
    {"switch_2p_64k", "switch, 2 × 64 KiB", false},
    {"switch_8p_0k", "switch, 8 × 0 KiB", false},
    {"switch_8p_16k", "switch, 8 × 16 KiB", false},
    {"switch_8p_64k", "switch, 8 × 64 KiB", false},
    {"switch_16p_0k", "switch, 16 × 0 KiB", false},
    {"switch_16p_16k", "switch, 16 × 16 KiB", false},
    {"switch_16p_64k", "switch, 16 × 64 KiB", false},
    {"mmap", "mmap", true},
    {"protection_fault", "fault, protection", true},
    {"page_fault", "fault, page", true},
    {"tcp_echo", "TCP to itself, byte and back", false},
    {"tcp_1m", "TCP to itself, 1 MiB", false},
    {"disk_read_4k", "disk, raw, 4 KiB read", false},
    {"disk_read_1m", "disk, raw, 1 MiB read", false},
    {"disk_write_1m", "disk, raw, 1 MiB written", false},
    {"blk_read4k_qd1", "disk, 4 KiB read, 1 deep", false},
    {"blk_write4k_qd1", "disk, 4 KiB write, 1 deep", false},
    {"blk_read4k_qd32", "disk, 4 KiB read, 32 deep", false},
    {"blk_write4k_qd32", "disk, 4 KiB write, 32 deep", false},
    {"blk_read64k", "disk, 64 KiB read", false},
    {"blk_write64k", "disk, 64 KiB write", false},
    {"blk_read1m", "disk, 1 MiB read", false},
    {"blk_write1m", "disk, 1 MiB write", false},
    {"net_echo_1", "TCP, byte and back", false},
    {"net_stream_64", "TCP, 64 B written", false},
    {"net_stream_1500", "TCP, 1,500 B written", false},
    {"net_stream_64k", "TCP, 64 KiB written", false},
    {"net_receive_64k", "TCP, 64 KiB received", false},
};
#define NR_OPS ((int)(sizeof(ops) / sizeof(ops[0])))

static double figure(const json_t *root, int env, const char *op, const char *which)
{
    return data_number(data_linux(root, envs[env].name, op, which));
}

/* Times bare, of the charted rows that there are: one environment's into c, if it has any. */
static void add_series(struct chart *c, const json_t *root, int env)
{
    bool any = false;

    c->ngroups = 0;
    for (int i = 0; i < NR_OPS; i++) {
        double bare = figure(root, BARE, ops[i].op, "instructions");
        double v = figure(root, env, ops[i].op, "instructions");

        if (!ops[i].charted || bare <= 0)
            continue;
        c->value[c->nseries][c->ngroups] = v < 0 ? v : v / bare;
        c->group[c->ngroups++] = ops[i].label;
        any |= v >= 0;
    }
    c->series[c->nseries] = envs[env].title;
    c->nseries += any;
}

static bool put_ratios(FILE *out, const json_t *root)
{
    struct chart c = {.title = "Instructions of an operation, times those of the bare kernel",
                      .unit = "times bare"};

    for (int env = CONTAINER; env < NR_ENVS; env++)
        add_series(&c, root, env);
    return !c.nseries || chart_put(out, &c);
}

static void put_cell(FILE *out, const json_t *root, int env, const char *op, const char *which)
{
    bool time = !strcmp(which, "ns");

    text_cell(out, op, envs[env].name, which, data_linux(root, envs[env].name, op, which),
              time ? 1e-3 : 1, time ? 2 : 0);
}

static const char *label(const char *op)
{
    for (int i = 0; i < NR_OPS; i++)
        if (!strcmp(ops[i].op, op))
            return ops[i].label;
    return op;
}

static void put_quotient(FILE *out, double over, double under)
{
    if (over >= 0 && under > 0)
        fprintf(out, "<td>%.2f</td>", over / under);
    else
        fputs("<td class=\"none\">–</td>", out);
}

/* A row, if any environment has a figure for it. */
static void put_row(FILE *out, const json_t *root, const char *op, const char *which)
{
    bool known = false;

    for (int e = 0; e < NR_ENVS; e++)
        known |= figure(root, e, op, which) >= 0;
    if (!known)
        return;
    fprintf(out, "<tr><td>%s</td>", label(op));
    for (int e = 0; e < NR_ENVS; e++)
        put_cell(out, root, e, op, which);
    put_quotient(out, figure(root, PV, op, which), figure(root, XEN_PV, op, which));
    fputs("</tr>\n", out);
}

static void put_table(FILE *out, const json_t *root, const char *which, const char *caption)
{
    const char *op;

    fprintf(out,
            "<div class=\"scroll\"><table><caption class=\"note\">%s</caption><thead><tr>"
            "<th></th>",
            caption);
    for (int e = 0; e < NR_ENVS; e++)
        fprintf(out, "<th>%s</th>", envs[e].title);
    fputs("<th>PV / Xen</th></tr></thead><tbody>\n", out);
    for (size_t i = 0; (op = data_linux_op(root, i)); i++)
        put_row(out, root, op, which);
    fputs("</tbody></table></div>\n", out);
}

/* Rows of the paper that were measured here, too. */
static void put_paper(FILE *out, const json_t *root)
{
    const json_t *paper = json_object_get(root, "linux_paper"), *row;
    size_t i;

    fputs("<div class=\"scroll\"><table><caption class=\"note\">Para-virtualized by bare: the "
          "paper’s microseconds of 2003, where a system call of a 32-bit process did not pass the "
          "hypervisor, and instructions here, where it does</caption><thead><tr><th></th>"
          "<th>paper’s Xen</th><th>Xen 4.17</th><th>hv-stub</th></tr></thead><tbody>\n",
          out);
    json_array_foreach(paper, i, row)
    {
        const char *op = json_string_value(json_object_get(row, "op"));
        double bare = op ? figure(root, BARE, op, "instructions") : -1;

        if (bare < 0)
            continue;
        fprintf(out, "<tr><td>%s</td>", label(op));
        put_quotient(out, data_number(json_object_get(row, "xen_us")),
                     data_number(json_object_get(row, "linux_us")));
        put_quotient(out, figure(root, XEN_PV, op, "instructions"), bare);
        put_quotient(out, figure(root, PV, op, "instructions"), bare);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

/* Our front-ends beside Linux's: a figure, and by that of the same environment with Linux's. */
static void put_pair(FILE *out, const json_t *root, const char *op, const char *which, int ours,
                     int stock)
{
    put_cell(out, root, ours, op, which);
    put_quotient(out, figure(root, ours, op, which), figure(root, stock, op, which));
}

static void put_pairs(FILE *out, const json_t *root)
{
    const char *op;
    bool any = false;

    for (size_t i = 0; (op = data_linux_op(root, i)); i++)
        any |= figure(root, PV_PVKIT, op, "instructions") >= 0;
    if (!any)
        return;
    fputs("<div class=\"scroll\"><table><caption class=\"note\">pv_blkfront.ko and pv_netfront.ko, "
          "which are this project’s, in the place of Linux’s front-ends, with the same back-ends; "
          "and by what Linux’s own need</caption><thead><tr><th></th><th>hv-stub</th>"
          "<th>by Linux’s</th><th>Xen</th><th>by Linux’s</th><th>hv-stub, µs</th>"
          "<th>by Linux’s</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; (op = data_linux_op(root, i)); i++) {
        if (figure(root, PV_PVKIT, op, "instructions") < 0)
            continue;
        fprintf(out, "<tr><td>%s</td>", label(op));
        put_pair(out, root, op, "instructions", PV_PVKIT, PV);
        put_pair(out, root, op, "instructions", XEN_PVKIT, XEN_PV);
        put_pair(out, root, op, "ns", PV_PVKIT, PV);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

/* Where all rows are of disks. */
static const char *disk_label(const char *op)
{
    const char *comma = strstr(label(op), ", ");

    return comma ? comma + 2 : op;
}

/* One medium, one boot. */
static bool put_two_disks(FILE *out, const json_t *root)
{
    struct chart c = {
        .title = "One disk by traps and by the ring, in one boot of an FV guest (logarithmic)",
        .unit = "instructions per request",
        .floor = 1000,
        .nseries = 2,
        .series = {envs[FV_ATA].title, envs[FV_RING].title}};
    const char *op;

    for (size_t i = 0; (op = data_linux_op(root, i)); i++) {
        if (figure(root, FV_ATA, op, "instructions") < 0 || c.ngroups == CHART_GROUPS)
            continue;
        for (int s = 0; s < c.nseries; s++)
            c.value[s][c.ngroups] = figure(root, FV_ATA + s, op, "instructions");
        c.group[c.ngroups++] = disk_label(op);
    }
    if (!c.ngroups)
        return true;
    fputs("<h3>A disk trapped and a disk asked</h3>\n<p>An FV guest that was told to ignore the "
          "hypervisor loads "
          "pv_shim.ko, and has its disk twice: as the PC’s, whose registers trap, and as a ring "
          "shared with the "
          "back-end. Each page of a ring request is granted and taken back, which the trapped "
          "disk, free to write "
          "anywhere in memory, does not need.</p>\n<div class=\"scroll\"><table><caption "
          "class=\"note\">Instructions "
          "per request, the hypervisor’s included</caption><thead><tr><th></th><th>by "
          "traps</th><th>by the ring</th>"
          "<th>traps / ring</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; (op = data_linux_op(root, i)); i++) {
        if (figure(root, FV_ATA, op, "instructions") < 0)
            continue;
        fprintf(out, "<tr><td>%s</td>", disk_label(op));
        put_cell(out, root, FV_ATA, op, "instructions");
        put_cell(out, root, FV_RING, op, "instructions");
        put_quotient(out, figure(root, FV_ATA, op, "instructions"),
                     figure(root, FV_RING, op, "instructions"));
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
    return chart_put(out, &c);
}

bool linux_put(FILE *out, const json_t *root)
{
    bool good;

    if (!data_linux(root, "bare", "null_call", "instructions"))
        return true;
    fputs("<h2>One Linux, no, full and para-virtualization</h2>\n<p>Debian's kernel as it is "
          "packaged, the same file everywhere, does what lmbench measures: the rows of tables 3 to "
          "5 of the paper that introduced Xen (SOSP 2003).</p>\n<dl><dt>bare</dt><dd>the kernel "
          "alone</dd><dt>container</dt><dd>namespaces, a root and a cgroup on the bare kernel: the "
          "work is the kernel's, some of its paths are longer</dd><dt>FV</dt><dd>hardware "
          "virtualization with nested paging: the guest does all of this alone</dd><dt>PV</dt><dd>"
          "each system call, fault and page-table update passes through the hypervisor</dd></dl>\n",
          out);
    good = put_ratios(out, root);
    put_table(out, root, "instructions", "Instructions per operation");
    put_paper(out, root);
    if (data_number(data_linux(root, "pv", "null_call", "ns")) >= 0) {
        fputs("<p>By the clock, software emulation punishes PV: a change of address space, two for "
              "each of its system calls, makes the emulator translate every page anew. Only the "
              "last column says something.</p>\n",
              out);
        put_table(out, root, "ns", "Microseconds of software emulation per operation");
    }
    put_pairs(out, root);
    return put_two_disks(out, root) && good;
}
