/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const env_names[ENV_COUNT] = {
    [ENV_BARE] = "bare",
    [ENV_FV] = "fv",
    [ENV_PV] = "pv",
    [ENV_XEN_PV] = "xen-pv",
};

static const char *const measure_names[MEASURE_COUNT] = {
    [MEASURE_BOOT_STUB] = "boot_ms_stub",
    [MEASURE_BOOT_XEN] = "boot_ms_xen",
    [MEASURE_LINUX_STUB] = "linux_boot_ms_stub",
    [MEASURE_LINUX_BARE] = "linux_boot_ms_bare",
    [MEASURE_LINUX_XEN] = "linux_boot_ms_xen",
    [MEASURE_IDLE] = "idle_percent",
    [MEASURE_IMAGE] = "image_bytes",
    [MEASURE_CORE] = "image_core_bytes",
};

/* The order of the table. Operations that are not named here follow in the order they are met. */
static const char *const known_ops[] = {
    "syscall",
    "in",
    "cr8wr",
    "call_ret",
    "page_fault",
    "divzero",
    "pte_modify",
    "null_hypercall",
    "multicall_32",
    "multicall_entry",
    "pte_batch_1",
    "pte_batch_8",
    "pte_batch_64",
    "pte_batch_512",
    "update_va_mapping",
    "update_va_mapping_invlpg",
    "cr3_switch",
    "tlb_flush",
    "stack_switch",
    "descriptor_update",
    "cpuid",
    "cpuid_forced",
    "cr0_read",
    "rdmsr",
    "msr_read",
    "yield",
    "timer_interrupt",
    "event_self",
    "event_other",
    "event_other_domain",
    "halt_wakeup",
    "console_byte",
    "console_line",
};

const char *env_name(enum env env)
{
    return env_names[env];
}

const char *measure_name(enum measure measure)
{
    return measure_names[measure];
}

static struct row *find_row(struct report *r, const char *op)
{
    for (size_t i = 0; i < r->nrows; i++)
        if (!strcmp(r->row[i].op, op))
            return &r->row[i];
    return NULL;
}

const struct row *report_find(const struct report *r, const char *op)
{
    return find_row((struct report *)r, op);
}

static struct row *add_row(struct report *r, const char *op)
{
    struct row *row;

    if (r->nrows == REPORT_MAX_ROWS || strlen(op) >= sizeof(row->op))
        return NULL;
    row = &r->row[r->nrows++];
    *row = (struct row){0};
    strcpy(row->op, op);
    return row;
}

/* One `BENCH {...}` line. A second line for the same operation counts if it is lower. */
static int take_line(struct report *r, enum env env, const char *text)
{
    json_t *line = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
    const char *op = json_string_value(json_object_get(line, "op"));
    json_t *instructions = json_object_get(line, "instructions");
    json_t *events = json_object_get(line, "events");
    struct row *row = NULL;
    struct cell *cell;

    if (op && json_is_number(instructions)) {
        row = find_row(r, op);
        row = row ? row : add_row(r, op);
    }
    if (!row) {
        json_decref(line);
        return -1;
    }
    cell = &row->cell[env];
    if (!cell->present || json_number_value(instructions) < cell->instructions) {
        cell->present = true;
        cell->instructions = json_number_value(instructions);
        cell->has_events = json_is_number(events);
        cell->events = json_number_value(events);
        cell->n = (long)json_integer_value(json_object_get(line, "n"));
    }
    json_decref(line);
    return 0;
}

static void read_reason(char *text, size_t room, const char *dir, const char *env)
{
    char path[4096];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s.reason", dir, env);
    f = fopen(path, "re");
    if (f && fgets(text, (int)room, f))
        text[strcspn(text, "\n")] = '\0';
    if (f)
        fclose(f);
}

static void read_env(struct report *r, enum env env, const char *dir)
{
    char path[4096], line[1024];
    bool damaged = false, opened;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s.log", dir, env_names[env]);
    f = fopen(path, "re");
    opened = f != NULL;
    while (f && fgets(line, sizeof(line), f)) {
        const char *bench = strstr(line, "BENCH {");

        if (bench && take_line(r, env, bench + strlen("BENCH ")) < 0)
            damaged = true;
        if (strstr(line, "BENCH-END"))
            r->complete[env] = true;
    }
    if (f)
        fclose(f);
    if (damaged) {
        r->complete[env] = false;
        snprintf(r->reason[env], sizeof(r->reason[env]), "a BENCH line of %s.log is damaged",
                 env_names[env]);
    } else if (!r->complete[env]) {
        strcpy(r->reason[env], opened ? "ended without BENCH-END" : "did not run");
        read_reason(r->reason[env], sizeof(r->reason[env]), dir, env_names[env]);
    }
}

/* `name value`, or `name - why there is none`. */
static void take_measure(struct report *r, char *line)
{
    char *value = strchr(line, ' '), *end;

    line[strcspn(line, "\n")] = '\0';
    if (!value)
        return;
    *value++ = '\0';
    for (int m = 0; m < MEASURE_COUNT; m++) {
        struct scalar *s = &r->measure[m];

        if (strcmp(line, measure_names[m]))
            continue;
        s->value = strtod(value, &end);
        s->present = end != value && *end == '\0';
        snprintf(s->reason, sizeof(s->reason), "%s", strncmp(value, "- ", 2) ? value : value + 2);
    }
}

static void read_measures(struct report *r, const char *dir)
{
    char path[4096], line[256];
    FILE *f;

    for (int m = 0; m < MEASURE_COUNT; m++)
        strcpy(r->measure[m].reason, "not measured");
    snprintf(path, sizeof(path), "%s/measures", dir);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        take_measure(r, line);
    if (f)
        fclose(f);
}

static bool row_is_empty(const struct row *row)
{
    for (int e = 0; e < ENV_COUNT; e++)
        if (row->cell[e].present)
            return false;
    return true;
}

void report_read(struct report *r, const char *dir)
{
    size_t kept = 0;

    *r = (struct report){0};
    for (size_t i = 0; i < sizeof(known_ops) / sizeof(known_ops[0]); i++)
        add_row(r, known_ops[i]);
    for (int e = 0; e < ENV_COUNT; e++)
        read_env(r, (enum env)e, dir);
    for (size_t i = 0; i < r->nrows; i++)
        if (!row_is_empty(&r->row[i]))
            r->row[kept++] = r->row[i];
    r->nrows = kept;
    read_measures(r, dir);
}
