/* SPDX-License-Identifier: MIT */
#include "io.h"

#include <string.h>

enum figure { EVENTS, HYPERCALLS, PER_BYTE, NS };

/* `figure` of op in env `worse` is at least `limit` times that in env `better`. */
struct ratio {
    const char *what, *op, *worse, *better;
    enum figure figure;
    enum io_count count;
    double limit;
};

static const struct ratio ratios[] = {
    {"exits per 4 KiB, depth 1: PIO / PV", "blk_read4k_qd1", "fv-pio", "pv", EVENTS, IO_ICOUNT, 20},
    {"exits per 4 KiB, depth 32: PIO / PV", "blk_read4k_qd32", "fv-pio", "pv", EVENTS, IO_ICOUNT,
     60},
    {"instructions per byte, 1 MiB: PIO / PV", "blk_read1m", "fv-pio", "pv", PER_BYTE, IO_ICOUNT,
     10},
    {"exits per byte, 1460 B stream: NE2000 / PV", "net_stream_1500", "fv-ne2k", "pv", EVENTS,
     IO_ICOUNT, 10},
    {"4 KiB random IOPS: hv-stub / Xen", "blk_read4k_qd32", "xen-dom0", "pv", NS, IO_WALL, 3},
    {"sequential throughput: hv-stub / Xen", "blk_read1m", "xen-dom0", "pv", NS, IO_WALL, 2},
    {"stream throughput: hv-stub / Xen", "net_stream_64k", "xen-dom0", "pv", NS, IO_WALL, 2},
    {"round trip: Xen / hv-stub", "net_ping_1", "xen-dom0", "pv", NS, IO_WALL, 2},
};
#define NR_RATIOS (sizeof(ratios) / sizeof(ratios[0]))

static double value_of(const struct io_row *row, enum figure figure)
{
    switch (figure) {
    case EVENTS:
        return row->events;
    case HYPERCALLS:
        return row->hypercalls;
    case PER_BYTE:
        return row->instructions / row->bytes;
    case NS:
        break;
    }
    return row->ns;
}

static void ratio_outcome(const struct io_report *r, const struct ratio *want, struct io_target *t)
{
    const struct io_row *worse = io_find(r, want->count, want->worse, want->op);
    const struct io_row *better = io_find(r, want->count, want->better, want->op);

    snprintf(t->what, sizeof(t->what), "%s", want->what);
    t->limit = want->limit;
    t->present = worse && better && value_of(better, want->figure) > 0;
    if (t->present)
        t->value = value_of(worse, want->figure) / value_of(better, want->figure);
}

static void hypercalls_outcome(const struct io_report *r, struct io_target *t)
{
    const struct io_row *row = io_find(r, IO_ICOUNT, "pv", "blk_read4k_qd32");

    strcpy(t->what, "hypercalls per request at depth 32");
    t->limit = 0.1;
    t->at_most = true;
    t->present = row && row->hypercalls >= 0;
    t->value = row ? row->hypercalls : 0;
}

static void scaling_outcome(const struct io_report *r, struct io_target *t)
{
    double one, eight, least;

    strcpy(t->what, "eight domains' throughput together / one's");
    t->limit = 0.9; /* 1, less what switching costs */
    t->present = io_shares(r, "pv", 1, &one, &least) && io_shares(r, "pv", 8, &eight, &least);
    if (t->present)
        t->value = eight / one;
}

static void fairness_outcome(const struct io_report *r, struct io_target *t)
{
    double sum, least;

    strcpy(t->what, "least of eight shares / fair share");
    t->limit = 0.6;
    t->present = io_shares(r, "pv", 8, &sum, &least);
    if (t->present)
        t->value = least * 8 / sum;
}

bool io_target(const struct io_report *r, size_t i, struct io_target *t)
{
    *t = (struct io_target){0};
    if (i < NR_RATIOS)
        ratio_outcome(r, &ratios[i], t);
    else if (i == NR_RATIOS)
        hypercalls_outcome(r, t);
    else if (i == NR_RATIOS + 1)
        scaling_outcome(r, t);
    else if (i == NR_RATIOS + 2)
        fairness_outcome(r, t);
    else
        return false;
    t->met = t->present && (t->at_most ? t->value <= t->limit : t->value >= t->limit);
    return true;
}

void io_missed_pairs(const struct io_report *r, FILE *out)
{
    static const char *const kinds[] = {"blk", "net"};
    struct io_target t;

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        bool missed = false;

        for (size_t i = 0; i < NR_RATIOS; i++)
            if (ratios[i].count == IO_WALL && !strncmp(ratios[i].op, kinds[k], 3)) {
                io_target(r, i, &t);
                missed |= !t.met;
            }
        if (missed)
            fprintf(out, "%sw\n", kinds[k]);
    }
}

int io_targets(const struct io_report *r, FILE *out)
{
    struct io_target t;
    int missed = 0;

    fputs("\ntargets:\n", out);
    for (size_t i = 0; io_target(r, i, &t); i++) {
        missed += !t.met;
        if (t.present)
            fprintf(out, "  %-45s%10.2f  %s (at %s %g)\n", t.what, t.value,
                    t.met ? "met" : "MISSED", t.at_most ? "most" : "least", t.limit);
        else
            fprintf(out, "  %-45s%10s  MISSED: no result\n", t.what, "-");
    }
    return missed;
}
