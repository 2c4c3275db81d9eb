/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <jansson.h>

static json_t *rows_json(const struct report *r)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < r->nrows; i++)
        for (int e = 0; e < ENV_COUNT; e++) {
            const struct cell *c = &r->row[i].cell[e];

            if (!c->present)
                continue;
            json_array_append_new(
                rows, json_pack("{s:s, s:s, s:f, s:o, s:I}", "op", r->row[i].op, "env",
                                env_name((enum env)e), "instructions", c->instructions, "events",
                                c->has_events ? json_real(c->events) : json_null(), "n",
                                (json_int_t)c->n));
        }
    return rows;
}

static json_t *environments_json(const struct report *r)
{
    json_t *envs = json_object();

    for (int e = 0; e < ENV_COUNT; e++) {
        json_t *env = json_pack("{s:b}", "complete", r->complete[e]);

        if (!r->complete[e])
            json_object_set_new(env, "reason", json_string(r->reason[e]));
        json_object_set_new(envs, env_name((enum env)e), env);
    }
    return envs;
}

static json_t *measures_json(const struct report *r)
{
    json_t *measures = json_object();

    for (int m = 0; m < MEASURE_COUNT; m++) {
        const struct scalar *s = &r->measure[m];

        json_object_set_new(measures, measure_name((enum measure)m),
                            s->present ? json_real(s->value) : json_null());
    }
    return measures;
}

static json_t *targets_json(const struct report *r)
{
    json_t *targets = json_array();
    struct target_outcome t;

    for (size_t i = 0; target_outcome(r, i, &t); i++)
        json_array_append_new(targets, json_pack("{s:s, s:f, s:o, s:s, s:b}", "target", t.what,
                                                 "limit", t.limit, "value",
                                                 t.present ? json_real(t.value) : json_null(),
                                                 "unit", t.unit, "met", t.met));
    return targets;
}

int report_write(const struct report *r, const char *path)
{
    json_t *root =
        json_pack("{s:o, s:o, s:o, s:o}", "rows", rows_json(r), "environments",
                  environments_json(r), "measures", measures_json(r), "targets", targets_json(r));
    int rc = root ? json_dump_file(root, path, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) : -1;

    json_decref(root);
    if (rc < 0)
        fprintf(stderr, "benchtab: cannot write %s\n", path);
    return rc;
}
