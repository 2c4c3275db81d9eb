/* SPDX-License-Identifier: MIT */
#include "io.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static double number(const json_t *line, const char *key)
{
    const json_t *v = json_object_get(line, key);

    return json_is_number(v) ? json_number_value(v) : -1;
}

static void add_share(struct io_report *r, const char *env, int domains, const json_t *line)
{
    struct io_share *s = &r->share[r->nshares];

    if (r->nshares == IO_MAX_SHARES)
        return;
    snprintf(s->env, sizeof(s->env), "%s", env);
    s->domains = domains;
    s->requests = number(line, "n");
    r->nshares++;
}

static void add_row(struct io_report *r, enum io_count count, const char *env, const json_t *line)
{
    struct io_row *row = &r->row[r->nrows];
    const char *op = json_string_value(json_object_get(line, "op"));
    const char *role = json_string_value(json_object_get(line, "role"));

    /* The server tells of itself, too. */
    if (r->nrows == IO_MAX_ROWS || !op || (role && !strcmp(role, "server")))
        return;
    *row = (struct io_row){.count = count,
                           .instructions = number(line, "instructions"),
                           .events = number(line, "events"),
                           .hypercalls = number(line, "hypercalls"),
                           .bytes = number(line, "bytes"),
                           .ns = number(line, "ns")};
    snprintf(row->env, sizeof(row->env), "%s", env);
    snprintf(row->op, sizeof(row->op), "%s", op);
    r->nrows++;
}

/* What a file's name says: KIND.ENV.log, share.ENV.N.log. */
struct name {
    char kind[8], env[16];
    int domains;
};

static bool name_parse(const char *file, const char *end, struct name *n)
{
    char copy[64], *kind, *env, *rest;

    if (strlen(file) >= sizeof(copy))
        return false;
    strcpy(copy, file);
    kind = strtok_r(copy, ".", &rest);
    env = strtok_r(NULL, ".", &rest);
    if (!kind || !env || !rest)
        return false;
    snprintf(n->kind, sizeof(n->kind), "%s", kind);
    snprintf(n->env, sizeof(n->env), "%s", env);
    n->domains = atoi(rest);
    return strlen(file) > strlen(end) && !strcmp(file + strlen(file) - strlen(end), end);
}

static void read_log(struct io_report *r, FILE *f, const struct name *n)
{
    enum io_count count = n->kind[strlen(n->kind) - 1] == 'w' ? IO_WALL : IO_ICOUNT;
    char text[1024];

    while (fgets(text, sizeof(text), f)) {
        char *at = strstr(text, "BENCH {");
        json_t *line = at ? json_loads(at + 6, JSON_DISABLE_EOF_CHECK, NULL) : NULL;

        if (line && !strcmp(n->kind, "share"))
            add_share(r, n->env, n->domains, line);
        else if (line)
            add_row(r, count, n->env, line);
        json_decref(line);
    }
}

static void read_reason(struct io_report *r, FILE *f, const char *file)
{
    struct io_gone *g = &r->gone[r->ngone];

    if (r->ngone == IO_MAX_GONE)
        return;
    snprintf(g->name, sizeof(g->name), "%.*s", (int)(strlen(file) - strlen(".reason")), file);
    if (!fgets(g->reason, sizeof(g->reason), f))
        strcpy(g->reason, "unknown");
    g->reason[strcspn(g->reason, "\n")] = '\0';
    r->ngone++;
}

static void read_file(struct io_report *r, const char *dir, const char *file)
{
    char path[512];
    struct name n;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, file);
    if (name_parse(file, ".reason", &n) && (f = fopen(path, "re"))) {
        read_reason(r, f, file);
        fclose(f);
    }
    if (name_parse(file, ".log", &n) && (f = fopen(path, "re"))) {
        read_log(r, f, &n);
        fclose(f);
    }
}

bool io_read(struct io_report *r, const char *dir)
{
    struct dirent **list;
    int n = scandir(dir, &list, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        read_file(r, dir, list[i]->d_name);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return n >= 0;
}

const struct io_row *io_find(const struct io_report *r, enum io_count count, const char *env,
                             const char *op)
{
    for (size_t i = 0; i < r->nrows; i++)
        if (r->row[i].count == count && !strcmp(r->row[i].env, env) && !strcmp(r->row[i].op, op))
            return &r->row[i];
    return NULL;
}

bool io_shares(const struct io_report *r, const char *env, int domains, double *sum, double *least)
{
    int n = 0;

    *sum = 0;
    for (size_t i = 0; i < r->nshares; i++) {
        const struct io_share *s = &r->share[i];

        if (strcmp(s->env, env) || s->domains != domains)
            continue;
        *least = n && *least < s->requests ? *least : s->requests;
        *sum += s->requests;
        n++;
    }
    return n == domains;
}
