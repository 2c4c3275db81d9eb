/* SPDX-License-Identifier: MIT */
#include "io.h"

#include <jansson.h>

static json_t *known(double v)
{
    return v < 0 ? json_null() : json_real(v);
}

static json_t *rows_json(const struct io_report *r)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < r->nrows; i++) {
        const struct io_row *row = &r->row[i];

        json_array_append_new(
            rows,
            json_pack("{s:s, s:s, s:s, s:f, s:o, s:o, s:f, s:f}", "op", row->op, "env", row->env,
                      "count", row->count == IO_WALL ? "wall" : "instructions", "instructions",
                      row->instructions, "events", known(row->events), "hypercalls",
                      known(row->hypercalls), "bytes", row->bytes, "ns", row->ns));
    }
    return rows;
}

static json_t *shares_json(const struct io_report *r)
{
    json_t *shares = json_array();

    for (size_t i = 0; i < r->nshares; i++)
        json_array_append_new(shares,
                              json_pack("{s:s, s:i, s:f}", "env", r->share[i].env, "domains",
                                        r->share[i].domains, "requests", r->share[i].requests));
    return shares;
}

static json_t *targets_json(const struct io_report *r)
{
    json_t *targets = json_array();
    struct io_target t;

    for (size_t i = 0; io_target(r, i, &t); i++)
        json_array_append_new(targets, json_pack("{s:s, s:f, s:b, s:o, s:b}", "target", t.what,
                                                 "limit", t.limit, "at_most", t.at_most, "value",
                                                 t.present ? json_real(t.value) : json_null(),
                                                 "met", t.met));
    return targets;
}

static json_t *gone_json(const struct io_report *r)
{
    json_t *gone = json_object();

    for (size_t i = 0; i < r->ngone; i++)
        json_object_set_new(gone, r->gone[i].name, json_string(r->gone[i].reason));
    return gone;
}

bool io_write(const struct io_report *r, const char *path)
{
    json_t *root = json_load_file(path, 0, NULL);
    bool good;

    if (!root)
        root = json_object();
    json_object_set_new(root, "io", rows_json(r));
    json_object_set_new(root, "shares", shares_json(r));
    json_object_set_new(root, "io_targets", targets_json(r));
    json_object_set_new(root, "io_missing", gone_json(r));
    good = json_dump_file(root, path, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) == 0;
    json_decref(root);
    if (!good)
        fprintf(stderr, "iotab: cannot write %s\n", path);
    return good;
}
