/* SPDX-License-Identifier: MIT */
#include "linuxtab.h"

#include <jansson.h>

static json_t *known(double v)
{
    return v < 0 ? json_null() : json_real(v);
}

static json_t *rows_json(const struct lt_report *r)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < r->nrows; i++)
        for (int e = 0; e < LT_ENVS; e++) {
            const struct lt_row *row = &r->row[i];
            double count = row->value[LT_INSTRUCTIONS][e], ns = row->value[LT_NS][e];

            if (count >= 0 || ns >= 0)
                json_array_append_new(rows, json_pack("{s:s, s:s, s:o, s:o}", "op", row->op, "env",
                                                      lt_env_names[e], "instructions", known(count),
                                                      "ns", known(ns)));
        }
    return rows;
}

static json_t *targets_json(const struct lt_report *r)
{
    json_t *targets = json_array();
    struct lt_target t;

    for (size_t i = 0; lt_target(r, i, &t); i++)
        json_array_append_new(targets, json_pack("{s:s, s:f, s:b, s:o, s:b}", "target", t.what,
                                                 "limit", t.limit, "at_most", 1, "value",
                                                 t.present ? json_real(t.value) : json_null(),
                                                 "met", t.met));
    return targets;
}

static json_t *gone_json(const struct lt_report *r)
{
    json_t *gone = json_object();

    for (size_t i = 0; i < r->ngone; i++)
        json_object_set_new(gone, r->gone[i].name, json_string(r->gone[i].reason));
    return gone;
}

static json_t *paper_json(void)
{
    json_t *paper = json_array();
    const struct lt_paper *p;

    for (size_t i = 0; (p = lt_paper(i)); i++)
        json_array_append_new(paper, json_pack("{s:s, s:f, s:f}", "op", p->op, "linux_us",
                                               p->linux_up, "xen_us", p->xen));
    return paper;
}

bool lt_write(const struct lt_report *r, const char *path)
{
    json_t *root = json_load_file(path, 0, NULL);
    bool good;

    if (!root)
        root = json_object();
    json_object_set_new(root, "linux", rows_json(r));
    json_object_set_new(root, "linux_targets", targets_json(r));
    json_object_set_new(root, "linux_missing", gone_json(r));
    json_object_set_new(root, "linux_paper", paper_json());
    good = json_dump_file(root, path, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) == 0;
    json_decref(root);
    if (!good)
        fprintf(stderr, "linuxtab: cannot write %s\n", path);
    return good;
}
