/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <string.h>

static bool has(const json_t *row, const char *key, const char *value)
{
    const char *s = json_string_value(json_object_get(row, key));

    return !value || (s && !strcmp(s, value));
}

static const json_t *find(const json_t *root, const char *list, const char *count, const char *env,
                          const char *op, const char *figure)
{
    const json_t *rows = json_object_get(root, list), *row;
    size_t i;

    json_array_foreach(rows, i, row) if (has(row, "env", env) && has(row, "op", op) &&
                                         has(row, "count", count)) return json_object_get(row,
                                                                                          figure);
    return NULL;
}

const json_t *data_io(const json_t *root, const char *count, const char *env, const char *op,
                      const char *figure)
{
    return find(root, "io", count, env, op, figure);
}

const json_t *data_cpu(const json_t *root, const char *env, const char *op, const char *figure)
{
    return find(root, "rows", NULL, env, op, figure);
}

const json_t *data_linux(const json_t *root, const char *env, const char *op, const char *figure)
{
    return find(root, "linux", NULL, env, op, figure);
}

const char *data_linux_op(const json_t *root, size_t nth)
{
    const json_t *rows = json_object_get(root, "linux"), *row;
    const char *last = "";
    size_t i;

    json_array_foreach(rows, i, row)
    {
        const char *op = json_string_value(json_object_get(row, "op"));

        if (!op || !strcmp(op, last))
            continue;
        if (!nth--)
            return op;
        last = op;
    }
    return NULL;
}

double data_number(const json_t *v)
{
    return json_is_number(v) ? json_number_value(v) : -1;
}
