/* SPDX-License-Identifier: MIT */
#include "linuxtab.h"

#include <jansson.h>
#include <string.h>

const char *const lt_env_names[LT_ENVS] = {"bare",   "container", "fv",        "fv-pv",  "pv",
                                           "xen-pv", "pv-pvkit",  "xen-pvkit", "fv-ata", "fv-ring"};

static struct lt_row *row_of(struct lt_report *r, const char *op)
{
    struct lt_row *row = (struct lt_row *)lt_find(r, op);

    if (row || r->nrows == LT_MAX_ROWS)
        return row;
    row = &r->row[r->nrows++];
    snprintf(row->op, sizeof(row->op), "%s", op);
    for (int e = 0; e < LT_ENVS; e++)
        row->value[LT_INSTRUCTIONS][e] = row->value[LT_NS][e] = -1;
    return row;
}

static void read_line(struct lt_report *r, enum lt_env env, enum lt_count count, const char *text)
{
    const char *at = strstr(text, "BENCH {");
    json_t *line = at ? json_loads(at + 6, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    const char *op = json_string_value(json_object_get(line, "op"));
    const json_t *v = json_object_get(line, count == LT_NS ? "ns" : "instructions");
    struct lt_row *row = op && json_is_number(v) ? row_of(r, op) : NULL;

    if (row)
        row->value[count][env] = json_number_value(v);
    json_decref(line);
}

static void read_reason(struct lt_report *r, const char *dir, const char *name)
{
    struct lt_gone *g = &r->gone[r->ngone];
    char path[512];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s.reason", dir, name);
    f = fopen(path, "re");
    if (!f || r->ngone == LT_MAX_GONE) {
        if (f)
            fclose(f);
        return;
    }
    snprintf(g->name, sizeof(g->name), "%s", name);
    if (!fgets(g->reason, sizeof(g->reason), f))
        strcpy(g->reason, "unknown");
    g->reason[strcspn(g->reason, "\n")] = '\0';
    r->ngone++;
    fclose(f);
}

/* One run: its console, or why there is none. True if it was there. */
static bool read_run(struct lt_report *r, const char *dir, enum lt_env env, enum lt_count count)
{
    char name[40], path[512], text[1024];
    FILE *f;

    snprintf(name, sizeof(name), "%s.%s", count == LT_NS ? "time" : "count", lt_env_names[env]);
    snprintf(path, sizeof(path), "%s/%s.log", dir, name);
    read_reason(r, dir, name);
    f = fopen(path, "re");
    if (!f)
        return false;
    while (fgets(text, sizeof(text), f))
        read_line(r, env, count, text);
    fclose(f);
    return true;
}

bool lt_read(struct lt_report *r, const char *dir)
{
    bool any = false;

    for (int e = 0; e < LT_ENVS; e++)
        for (int c = 0; c < LT_COUNTS; c++)
            any |= read_run(r, dir, e, c);
    return any;
}

const struct lt_row *lt_find(const struct lt_report *r, const char *op)
{
    for (size_t i = 0; i < r->nrows; i++)
        if (!strcmp(r->row[i].op, op))
            return &r->row[i];
    return NULL;
}

double lt_ratio(const struct lt_row *row, enum lt_count count, enum lt_env over, enum lt_env under)
{
    const double *v = row->value[count];

    return v[over] < 0 || v[under] <= 0 ? -1 : v[over] / v[under];
}

double lt_added(const struct lt_row *row)
{
    const double *v = row->value[LT_INSTRUCTIONS];

    if (v[LT_BARE] < 0 || v[LT_PV] < 0 || v[LT_XEN_PV] <= v[LT_BARE])
        return -1;
    return v[LT_PV] < v[LT_BARE] ? 0 : (v[LT_PV] - v[LT_BARE]) / (v[LT_XEN_PV] - v[LT_BARE]);
}
