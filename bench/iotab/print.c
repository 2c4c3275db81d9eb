/* SPDX-License-Identifier: MIT */
#include "io.h"

#include <string.h>

static const char *const blk_envs[] = {"bare-pio", "bare-dma", "fv-pio",   "fv-dma",
                                       "fv-pv",    "pv",       "xen-dom0", NULL};
static const char *const net_envs[] = {"fv-ne2k", "fv-pv", "pv", "xen-dom0", NULL};
static const char *const blk_ops[] = {"blk_read4k_qd1",   "blk_write4k_qd1", "blk_read4k_qd32",
                                      "blk_write4k_qd32", "blk_read64k",     "blk_write64k",
                                      "blk_read1m",       "blk_write1m",     NULL};
static const char *const net_ops[] = {"net_ping_1", "net_stream_64", "net_stream_1500",
                                      "net_stream_64k", NULL};

static void print_cell(FILE *out, const struct io_row *row)
{
    if (!row)
        fprintf(out, "%17s", "-");
    else if (row->events < 0)
        fprintf(out, "%11.0f%6s", row->instructions, "");
    else
        fprintf(out, "%11.0f%6.*f", row->instructions, row->events < 9.95 ? 2 : 0, row->events);
}

static void print_counts(const struct io_report *r, FILE *out, const char *const *envs,
                         const char *const *ops)
{
    fprintf(out, "%-18s", "");
    for (int e = 0; envs[e]; e++)
        fprintf(out, "%12s   ev", envs[e]);
    for (int o = 0; ops[o]; o++) {
        fprintf(out, "\n%-18s", ops[o]);
        for (int e = 0; envs[e]; e++)
            print_cell(out, io_find(r, IO_ICOUNT, envs[e], ops[o]));
    }
    fputc('\n', out);
}

/* By the clock, of two runs one after the other: only the ratio says something. */
static void print_wall(const struct io_report *r, FILE *out, const char *const *ops)
{
    for (int o = 0; ops[o]; o++) {
        const struct io_row *us = io_find(r, IO_WALL, "pv", ops[o]);
        const struct io_row *xen = io_find(r, IO_WALL, "xen-dom0", ops[o]);

        if (us && xen)
            fprintf(out, "%-18s%11.1f us%11.1f us%9.1fx\n", ops[o], us->ns / 1000, xen->ns / 1000,
                    xen->ns / us->ns);
    }
}

static void print_uplink(const struct io_report *r, FILE *out)
{
    for (int o = 0; net_ops[o]; o++) {
        const struct io_row *fv = io_find(r, IO_WALL, "up-ne2k", net_ops[o]);
        const struct io_row *pv = io_find(r, IO_WALL, "up-pv", net_ops[o]);

        if (fv && pv)
            fprintf(out, "%-18s fv%11.1f us   pv%11.1f us%9.1fx\n", net_ops[o], fv->ns / 1000,
                    pv->ns / 1000, fv->ns / pv->ns);
    }
}

static void print_shares(const struct io_report *r, FILE *out)
{
    static const char *const envs[] = {"fv-dma", "pv"};
    double sum, least;

    for (int e = 0; e < 2; e++)
        for (int n = 1; n <= 8; n *= 2)
            if (io_shares(r, envs[e], n, &sum, &least))
                fprintf(out, "%-8s %d domain%s: %8.0f requests together, least share %3.0f %%\n",
                        envs[e], n, n > 1 ? "s" : " ", sum, 100 * least * n / sum);
}

void io_print(const struct io_report *r, FILE *out)
{
    fputs(
        "\nDisk requests: guest-visible instructions (QEMU with -icount) and ev, exits and\n"
        "hypercalls, per request, everything included that the one CPU did for it. bare: no\n"
        "hypervisor, QEMU's disk; fv: trapped ATA by programmed I/O or bus master; fv-pv: FV\n"
        "guest with PV driver; pv: PV guest; xen-dom0: the same PV ELF on Xen, Linux back-end.\n\n",
        out);
    print_counts(r, out, blk_envs, blk_ops);
    fputs("\nNetwork, domain to domain, per message (1 byte there and back; 64, 1460, 65536 bytes\n"
          "sent):\n\n",
          out);
    print_counts(r, out, net_envs, net_ops);
    fputs("\nTime per request, hv-stub and Xen with a Linux dom0, and how often the one fits into\n"
          "the other:\n\n",
          out);
    print_wall(r, out, blk_ops);
    print_wall(r, out, net_ops);
    fputs("\nTime per message to a program of this computer, through the uplink:\n\n", out);
    print_uplink(r, out);
    if (r->nshares)
        fputs("\nDomains that read random 4 KiB at depth 32 at the same time, by instruction "
              "count:\n\n",
              out);
    print_shares(r, out);
    for (size_t i = 0; i < r->ngone; i++)
        fprintf(out, "not measured: %s: %s\n", r->gone[i].name, r->gone[i].reason);
}
