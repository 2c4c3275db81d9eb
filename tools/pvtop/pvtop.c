/* SPDX-License-Identifier: MIT */
/* pvtop: domains and what they do, on a terminal or as text. */
#include <locale.h>
#include <math.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collect.h"
#include "view.h"

#define INTERVAL_MIN 0.1
#define INTERVAL_MAX 60.0
#define BATCH_WIDTH  120

struct top {
    struct collector *c;
    struct snapshot now, before;
    struct rates rates;
    struct view view;
    unsigned long batch; /* tables to print; 0: on the screen */
};

static void usage(FILE *out)
{
    fprintf(
        out,
        "usage: pvtop [OPTION]...\n"
        "Domains of Xen or hv-stub, their vcpus, memory, event channels and grants in use; on\n"
        "hv-stub also their hypercalls and exits by kind, per second. What cannot be known is "
        "-.\n\n"
        "  --interval S  seconds between two looks (1)\n"
        "  --sort KEY    %s (cpu)\n"
        "  --batch N     print N tables with all details as text\n"
        "  --help, --version\n\n"
        "Keys: q quit, arrows choose a domain, d its details on and off, + and - the interval,\n"
        "space look now; order by i number, n name, c CPU, m memory, h hypercalls, e exits,\n"
        "v event channels, g grants.\n\n"
        "Runs in Xen's dom0, and on hv-stub in a domain started with --observer, as root; needs\n"
        "the module xen-privcmd (unrestricted=1 in a domain that is not dom0).\n"
        "Exit status: 0, 1 nothing could be read, 2 bad usage.\n",
        view_sort_words());
}

/* ---- looking */

static bool look(struct top *t)
{
    struct snapshot s = {0};

    if (!collector_read(t->c, &s))
        return false;
    snapshot_free(&t->before);
    t->before = t->now;
    t->now = s;
    rates_free(&t->rates);
    rates_between(&t->before, &t->now, &t->rates);
    return true;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- as text */

static void print(struct top *t)
{
    t->view.width = BATCH_WIDTH;
    t->view.all = true;
    view_render(&t->view, &t->now, &t->rates);
    for (unsigned int i = 0; i < t->view.nr_lines; i++)
        puts(t->view.line[i].text);
    putchar('\n');
    fflush(stdout);
}

static bool run_batch(struct top *t)
{
    if (!look(t))
        return false;
    for (unsigned long n = 0; n < t->batch; n++) {
        usleep((useconds_t)(t->view.interval * 1e6));
        if (!look(t))
            return false;
        print(t);
    }
    return true;
}

/* ---- on the screen */

static void draw(struct top *t)
{
    static const int look_of[] = {
        [LOOK_PLAIN] = A_NORMAL, [LOOK_TITLE] = A_REVERSE, [LOOK_SELECTED] = A_BOLD};
    int height, width;

    getmaxyx(stdscr, height, width);
    t->view.width = (unsigned int)width;
    t->view.height = (unsigned int)height;
    view_render(&t->view, &t->now, &t->rates);
    erase();
    for (unsigned int i = 0; i < t->view.nr_lines; i++) {
        const struct line *l = &t->view.line[i];

        attrset((attr_t)look_of[l->look]);
        mvaddnstr((int)i, 0, l->text, width);
    }
    attrset(A_NORMAL);
    refresh();
}

static void set_interval(struct view *v, double to)
{
    v->interval = fmin(fmax(to, INTERVAL_MIN), INTERVAL_MAX);
}

/* False: quit. *at_once: look again. */
static bool press(struct top *t, int key, bool *at_once)
{
    struct view *v = &t->view;

    switch (key) {
    case 'q':
    case 3: /* Ctrl-C in raw mode */
        return false;
    case KEY_UP:
    case 'k':
        view_move(v, &t->now, &t->rates, -1);
        break;
    case KEY_DOWN:
    case 'j':
        view_move(v, &t->now, &t->rates, 1);
        break;
    case 'd':
        v->details = !v->details;
        break;
    case '+':
        set_interval(v, v->interval * 2);
        break;
    case '-':
        set_interval(v, v->interval / 2);
        break;
    case ' ':
        *at_once = true;
        break;
    default:
        if (view_sort_letter(key) != SORT_KEYS)
            v->sort = view_sort_letter(key);
    }
    return true;
}

static bool run_screen(struct top *t)
{
    double next = 0;
    bool ok = true, more = true;

    initscr();
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    while (more) {
        bool at_once = false;
        int key;

        if (seconds() >= next) {
            ok = look(t);
            if (!ok)
                break;
            next = seconds() + (t->rates.seconds > 0 ? t->view.interval : INTERVAL_MIN);
        }
        draw(t);
        timeout((int)(fmax(next - seconds(), 0) * 1000) + 1);
        key = getch();
        if (key != ERR)
            more = press(t, key, &at_once);
        if (at_once)
            next = 0;
    }
    endwin();
    return ok;
}

static int run(struct top *t)
{
    bool ok;

    if (!t->batch && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
        fputs("pvtop: this is no terminal; --batch N prints text\n", stderr);
        return 2;
    }
    t->c = collector_open("pvtop");
    if (!t->c)
        return 1;
    ok = t->batch ? run_batch(t) : run_screen(t);
    if (!ok)
        fprintf(stderr, "pvtop: %s\n", collector_problem(t->c));
    rates_free(&t->rates);
    snapshot_free(&t->before);
    snapshot_free(&t->now);
    view_free(&t->view);
    collector_close(t->c);
    return ok ? 0 : 1;
}

/* ---- the command line */

static bool set_option(struct top *t, const char *option, const char *value)
{
    char *end;

    if (!strcmp(option, "--sort")) {
        t->view.sort = view_sort_word(value);
        return t->view.sort != SORT_KEYS;
    }
    if (!strcmp(option, "--interval")) {
        t->view.interval = strtod(value, &end);
        return *value && !*end && t->view.interval >= INTERVAL_MIN &&
               t->view.interval <= INTERVAL_MAX;
    }
    if (!strcmp(option, "--batch")) {
        t->batch = strtoul(value, &end, 10);
        return *value >= '0' && *value <= '9' && !*end && t->batch;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct top t = {.view = {.sort = SORT_CPU, .details = true, .interval = 1}};

    setlocale(LC_ALL, "");
    for (int i = 1; i < argc; i += 2) {
        if (!strcmp(argv[i], "--help")) {
            usage(stdout);
            return 0;
        }
        if (!strcmp(argv[i], "--version")) {
            puts("pvtop 0.1");
            return 0;
        }
        if (i + 1 == argc || !set_option(&t, argv[i], argv[i + 1])) {
            fprintf(stderr, "pvtop: '%s%s%s' (see pvtop --help)\n", argv[i],
                    i + 1 < argc ? " " : "", i + 1 < argc ? argv[i + 1] : "");
            return 2;
        }
    }
    return run(&t);
}
