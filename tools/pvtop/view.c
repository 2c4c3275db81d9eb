/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DETAIL_INDENT 17
#define WORD_BYTES    64

/* ---- lines */

static struct line *add_line(struct view *v, enum line_look look)
{
    struct line *l;

    if (v->nr_lines == v->room) {
        v->room += 64;
        v->line = realloc(v->line, v->room * sizeof(*v->line));
        if (!v->line)
            abort();
    }
    l = &v->line[v->nr_lines++];
    l->look = look;
    *l->text = 0;
    return l;
}

/* As much of it as there is room for. */
static void put(const struct view *v, struct line *l, const char *text)
{
    size_t used = strlen(l->text), width = v->width;

    if (used < width)
        snprintf(l->text + used, width - used + 1, "%s", text);
}

static void __attribute__((format(printf, 3, 4)))
putf(const struct view *v, struct line *l, const char *fmt, ...)
{
    char text[VIEW_WIDTH_MAX + 1];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    put(v, l, text);
}

/* ---- the table: columns that do not fit are left out, the last ones first */

struct row {
    const struct domain *d;
    const struct domain_rates *r;
};

static void number(char *out, size_t n, long long value)
{
    if (value == UNKNOWN)
        snprintf(out, n, "-");
    else
        snprintf(out, n, "%lld", value);
}

static void rate(char *out, size_t n, double value, int digits)
{
    if (value < 0)
        snprintf(out, n, "-");
    else
        snprintf(out, n, "%.*f", digits, value);
}

static void col_id(const struct row *w, char *out, size_t n)
{
    number(out, n, w->d->id);
}

static void col_name(const struct row *w, char *out, size_t n)
{
    snprintf(out, n, "%s", *w->d->name ? w->d->name : "-");
}

static void col_state(const struct row *w, char *out, size_t n)
{
    snprintf(out, n, "%s", domain_state(w->d));
}

static void col_cpu(const struct row *w, char *out, size_t n)
{
    rate(out, n, w->r->cpu_percent, 1);
}

static void col_vcpus(const struct row *w, char *out, size_t n)
{
    snprintf(out, n, "%u/%u", w->d->online, w->d->nr_vcpus);
}

static void col_memory(const struct row *w, char *out, size_t n)
{
    number(out, n, (long long)(w->d->memory_kib / 1024));
}

static void col_hypercalls(const struct row *w, char *out, size_t n)
{
    rate(out, n, w->r->hypercalls, 0);
}

static void col_exits(const struct row *w, char *out, size_t n)
{
    rate(out, n, w->r->exits, 0);
}

static void col_events(const struct row *w, char *out, size_t n)
{
    number(out, n, domain_ports(w->d));
}

static void col_grants(const struct row *w, char *out, size_t n)
{
    number(out, n, w->d->grants_in_use);
}

static void col_seconds(const struct row *w, char *out, size_t n)
{
    snprintf(out, n, "%.1f", (double)w->d->cpu_ns / 1e9);
}

static void col_type(const struct row *w, char *out, size_t n)
{
    snprintf(out, n, "%s", w->d->hvm ? "hvm" : "pv");
}

static void col_weight(const struct row *w, char *out, size_t n)
{
    number(out, n, w->d->weight);
}

static const struct column {
    const char *title;
    unsigned int width;
    bool left;
    void (*fill)(const struct row *w, char *out, size_t n);
} columns[] = {
    {"ID", 5, false, col_id},
    {"NAME", 12, true, col_name},
    {"STATE", 9, true, col_state},
    {"CPU%", 6, false, col_cpu},
    {"VCPUS", 5, false, col_vcpus},
    {"MEM/MiB", 7, false, col_memory},
    {"CALLS/s", 8, false, col_hypercalls},
    {"EXITS/s", 8, false, col_exits},
    {"EVENTS", 6, false, col_events},
    {"GRANTS", 6, false, col_grants},
    {"CPU(s)", 9, false, col_seconds},
    {"TYPE", 4, true, col_type},
    {"WEIGHT", 6, false, col_weight},
};
#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void put_row(struct view *v, enum line_look look, const struct row *w)
{
    struct line *l = add_line(v, look);

    for (size_t i = 0; i < NR_COLUMNS; i++) {
        const struct column *c = &columns[i];
        char text[NAME_BYTES];

        if (strlen(l->text) + c->width + (i > 0) > v->width)
            break;
        if (w)
            c->fill(w, text, sizeof(text));
        else
            snprintf(text, sizeof(text), "%s", c->title);
        putf(v, l, "%s%*.*s", i ? " " : "", c->left ? -(int)c->width : (int)c->width, (int)c->width,
             text);
    }
}

/* ---- order */

static const struct {
    char letter;
    const char *word;
} sort_names[SORT_KEYS] = {
    [SORT_ID] = {'i', "id"},
    [SORT_NAME] = {'n', "name"},
    [SORT_CPU] = {'c', "cpu"},
    [SORT_MEMORY] = {'m', "memory"},
    [SORT_HYPERCALLS] = {'h', "hypercalls"},
    [SORT_EXITS] = {'e', "exits"},
    [SORT_EVENTS] = {'v', "events"},
    [SORT_GRANTS] = {'g', "grants"},
};

enum sort_key view_sort_letter(int letter)
{
    unsigned int k = 0;

    while (k < SORT_KEYS && sort_names[k].letter != letter)
        k++;
    return (enum sort_key)k;
}

enum sort_key view_sort_word(const char *word)
{
    unsigned int k = 0;

    while (k < SORT_KEYS && strcmp(sort_names[k].word, word))
        k++;
    return (enum sort_key)k;
}

const char *view_sort_words(void)
{
    return "id, name, cpu, memory, hypercalls, exits, events, grants";
}

static double sort_value(const struct row *w, enum sort_key key)
{
    switch (key) {
    case SORT_CPU:
        return w->r->cpu_percent;
    case SORT_MEMORY:
        return (double)w->d->memory_kib;
    case SORT_HYPERCALLS:
        return w->r->hypercalls;
    case SORT_EXITS:
        return w->r->exits;
    case SORT_EVENTS:
        return (double)domain_ports(w->d);
    case SORT_GRANTS:
        return (double)w->d->grants_in_use;
    default:
        return 0;
    }
}

/* The largest first, but names and numbers upwards. */
static int compare(const void *x, const void *y, void *key)
{
    const struct row *a = x, *b = y;
    enum sort_key k = *(const enum sort_key *)key;
    double va = sort_value(a, k), vb = sort_value(b, k);
    int by_name = k == SORT_NAME ? strcmp(a->d->name, b->d->name) : 0;

    if (by_name)
        return by_name;
    if (va > vb || va < vb)
        return va > vb ? -1 : 1;
    return a->d->id < b->d->id ? -1 : a->d->id > b->d->id;
}

/* The caller frees it. */
static struct row *sorted(const struct view *v, const struct snapshot *s, const struct rates *r)
{
    struct row *w = calloc(s->nr_domains + 1, sizeof(*w));
    enum sort_key key = v->sort;

    if (!w)
        abort();
    for (uint32_t i = 0; i < s->nr_domains; i++)
        w[i] = (struct row){&s->domain[i], &r->domain[i]};
    qsort_r(w, s->nr_domains, sizeof(*w), compare, &key);
    return w;
}

static uint32_t find_selected(struct view *v, const struct row *w, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (w[i].d->id == v->selected)
            return i;
    if (n)
        v->selected = w[0].d->id;
    return 0;
}

void view_move(struct view *v, const struct snapshot *s, const struct rates *r, int by)
{
    struct row *w = sorted(v, s, r);
    long at = (long)find_selected(v, w, s->nr_domains) + by;

    if (at >= 0 && at < (long)s->nr_domains)
        v->selected = w[at].d->id;
    free(w);
}

/* ---- details of one domain: a label, then words, on as many lines as they need */

static struct line *add_word(struct view *v, struct line *l, const char *word)
{
    if (strlen(l->text) + strlen(word) > v->width && strlen(l->text) > DETAIL_INDENT) {
        l = add_line(v, LOOK_PLAIN);
        putf(v, l, "%*s", DETAIL_INDENT, "");
    }
    put(v, l, word);
    put(v, l, "  ");
    return l;
}

static struct line *add_label(struct view *v, const char *label)
{
    struct line *l = add_line(v, LOOK_PLAIN);

    putf(v, l, "  %-*s", DETAIL_INDENT - 2, label);
    return l;
}

static void put_vcpus(struct view *v, const struct row *w)
{
    struct line *l = add_label(v, "vcpus");
    char word[WORD_BYTES], busy[16];

    for (uint32_t i = 0; i < w->d->nr_vcpus; i++) {
        const struct vcpu *c = &w->d->vcpu[i];

        rate(busy, sizeof(busy), w->r->vcpu_percent[i], 1);
        if (c->state == VCPU_OFFLINE)
            snprintf(word, sizeof(word), "%u offline", i);
        else
            snprintf(word, sizeof(word), "%u %s, CPU %u, %s %%", i, vcpu_state_name(c->state),
                     c->cpu, busy);
        l = add_word(v, l, word);
    }
}

static void put_ports(struct view *v, const struct domain *d)
{
    struct line *l = add_label(v, "event channels");
    char word[WORD_BYTES];

    if (domain_ports(d) == UNKNOWN)
        add_word(v, l, "-");
    else
        for (unsigned int k = 0; k < PORT_KINDS; k++) {
            snprintf(word, sizeof(word), "%s %lld", port_kind_name(k), d->ports[k]);
            l = add_word(v, l, word);
        }
}

static void put_grants(struct view *v, const struct domain *d)
{
    const struct {
        const char *what;
        long long n;
    } t[] = {{"in use", d->grants_in_use},
             {"granted", d->granted},
             {"mapped", d->grants_mapped},
             {"frames", d->grant_frames},
             {"at most", d->max_grant_frames}};
    struct line *l = add_label(v, "grants");
    char word[WORD_BYTES], value[24];

    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        number(value, sizeof(value), t[i].n);
        snprintf(word, sizeof(word), "%s %s", t[i].what, value);
        l = add_word(v, l, word);
    }
}

static bool any(const double *each, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (each[i] > 0)
            return true;
    return false;
}

/* The most frequent first. */
static void put_kinds(struct view *v, const char *label, const double *each, uint32_t n, bool known,
                      const char *(*name)(const struct domain *d, uint32_t i),
                      const struct domain *d)
{
    struct line *l = add_label(v, label);
    bool shown[MAX_EXIT_KINDS] = {false};
    char word[WORD_BYTES];

    if (!known || !any(each, n))
        add_word(v, l, known ? "0" : "-");
    for (uint32_t k = 0; known && k < n; k++) {
        uint32_t best = n;

        for (uint32_t i = 0; i < n; i++)
            if (!shown[i] && each[i] > 0 && (best == n || each[i] > each[best]))
                best = i;
        if (best == n)
            return;
        shown[best] = true;
        if (name(d, best))
            snprintf(word, sizeof(word), "%s %.0f", name(d, best), each[best]);
        else
            snprintf(word, sizeof(word), "%u: %.0f", best, each[best]);
        l = add_word(v, l, word);
    }
}

static const char *call_name(const struct domain *d, uint32_t nr)
{
    (void)d;
    return hypercall_name(nr);
}

static const char *kind_name(const struct domain *d, uint32_t kind)
{
    return exit_name(d->hvm, kind);
}

static void put_details(struct view *v, const struct row *w)
{
    const struct domain *d = w->d;

    add_line(v, LOOK_PLAIN);
    putf(v, add_line(v, LOOK_PLAIN), "%s (%u)", *d->name ? d->name : "-", d->id);
    put_vcpus(v, w);
    put_ports(v, d);
    put_grants(v, d);
    put_kinds(v, "hypercalls/s", w->r->hypercall, NR_HYPERCALLS, w->r->hypercalls >= 0, call_name,
              d);
    put_kinds(v, "exits/s", w->r->exit, d->nr_exit_kinds, w->r->exits >= 0, kind_name, d);
}

/* ---- all of it */

static void put_summary(struct view *v, const struct snapshot *s, const struct rates *r)
{
    struct line *l = add_line(v, LOOK_PLAIN);
    char busy[16];

    rate(busy, sizeof(busy), r->busy_percent, 1);
    putf(v, l, "%s %s: %u domains, %u CPUs %s %% busy, ",
         snapshot_is_hv_stub(s) ? "hv-stub" : "Xen", s->version, s->nr_domains, s->nr_cpus, busy);
    putf(v, l, "%llu MiB, %llu free, %s, by %s, %.1f s", (unsigned long long)s->memory_kib / 1024,
         (unsigned long long)s->free_kib / 1024, s->scheduler, sort_names[v->sort].word,
         v->interval);
}

/* No spaces at the ends of lines; when the screen is full, what is below it is not shown. */
static void tidy(struct view *v)
{
    if (v->height && v->nr_lines > v->height)
        v->nr_lines = v->height;
    for (unsigned int i = 0; i < v->nr_lines; i++) {
        char *text = v->line[i].text;
        size_t n = strlen(text);

        while (n && text[n - 1] == ' ')
            text[--n] = 0;
    }
}

/* The first row of the table to show, so that the selected one is among those that fit. */
static uint32_t first_row(const struct view *v, uint32_t selected, uint32_t n)
{
    uint32_t fit = v->height > 3 ? v->height - 3 : 1;

    return v->height && selected >= fit && n > fit ? selected - fit + 1 : 0;
}

void view_render(struct view *v, const struct snapshot *s, const struct rates *r)
{
    struct row *w = sorted(v, s, r);
    uint32_t selected = find_selected(v, w, s->nr_domains);

    if (v->width > VIEW_WIDTH_MAX)
        v->width = VIEW_WIDTH_MAX;
    if (v->width < VIEW_WIDTH_MIN)
        v->width = VIEW_WIDTH_MIN;
    v->nr_lines = 0;
    put_summary(v, s, r);
    put_row(v, LOOK_TITLE, NULL);
    for (uint32_t i = first_row(v, selected, s->nr_domains); i < s->nr_domains; i++)
        put_row(v, i == selected && !v->all ? LOOK_SELECTED : LOOK_PLAIN, &w[i]);
    for (uint32_t i = 0; i < s->nr_domains; i++)
        if (v->all || (v->details && i == selected))
            put_details(v, &w[i]);
    tidy(v);
    free(w);
}

void view_free(struct view *v)
{
    free(v->line);
    v->line = NULL;
    v->nr_lines = v->room = 0;
}
