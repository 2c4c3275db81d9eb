/* SPDX-License-Identifier: MIT */
/* Charts by gnuplot, whose SVG goes into the page as it is, from <svg on. */
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An environment has the same colour in all charts. */
static const struct {
    const char *series, *colour;
} colours[] = {
    {"bare, PIO", "#b0b7c0"},  {"bare, DMA", "#7d8793"},       {"FV, PIO", "#c0563e"},
    {"FV, NE2000", "#c0563e"}, {"container", "#7d8793"},       {"FV", "#c0563e"},
    {"FV, DMA", "#e0a040"},    {"FV + PV drivers", "#5a9a6a"}, {"PV", "#2f6fb0"},
    {"hv-stub", "#2f6fb0"},    {"by traps", "#c0563e"},        {"by the ring", "#5a9a6a"}};

static const char *colour_of(const char *series)
{
    for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
        if (!strcmp(colours[i].series, series))
            return colours[i].colour;
    return "#8a5fa8"; /* Xen */
}

/* Characters below the axis, side by side. */
#define AXIS_CHARS 96

/* How much of a name goes into a line of `room` characters: whole words, at least one. */
static size_t line_of(const char *name, size_t room)
{
    size_t end = 0, length = strlen(name);

    if (length <= room)
        return length;
    for (size_t i = 0; i < length && (i < room || !end); i++)
        if (name[i] == ' ' || name[i] == '_')
            end = i + 1;
    return end ? end : length;
}

/* On several lines if it has to be: names would overlap. Behind a comma it is easiest to read. */
static void put_name(FILE *script, const char *name, size_t room)
{
    fputc('"', script);
    while (*name) {
        const char *comma = strstr(name, ", ");
        size_t n = comma && (size_t)(comma - name) < room ? (size_t)(comma - name) + 2
                                                          : line_of(name, room);

        fprintf(script, "%.*s%s", (int)n, name, name[n] ? "\\n" : "");
        name += n;
    }
    fputc('"', script);
}

static void put_data(FILE *script, const struct chart *c)
{
    fputs("$data << END\n", script);
    for (int g = 0; g < c->ngroups; g++) {
        put_name(script, c->group[g], (size_t)(AXIS_CHARS / c->ngroups));
        for (int s = 0; s < c->nseries; s++)
            if (c->value[s][g] < 0)
                fputs(" NaN", script);
            else
                fprintf(script, " %.10g", c->value[s][g]);
        fputc('\n', script);
    }
    fputs("END\n", script);
}

static void put_script(FILE *script, const struct chart *c)
{
    fputs("set terminal svg size 760,380 dynamic enhanced font 'sans-serif,13' "
          "background rgb 'white'\n",
          script);
    put_data(script, c);
    fprintf(script, "set ylabel \"%s\" noenhanced\nset grid ytics lc rgb '#dddddd'\n", c->unit);
    fputs("set key above noenhanced\nset bmargin 4\nset xtics noenhanced font ',12'\nset border 3\n"
          "set tics nomirror\n",
          script);
    if (c->floor > 0)
        fprintf(script, "set logscale y\nset format y '%s'\nset yrange [%g:*]\n",
                c->floor < 1 ? "%h" : "%.0s%c", c->floor);
    else
        fputs("set yrange [0:*]\n", script);
    if (!c->lines)
        fputs("set style data histogram\nset style histogram cluster gap 1\n"
              "set style fill solid 1 border -1\nset boxwidth 0.9\n",
              script);
    fputs("plot", script);
    for (int s = 0; s < c->nseries; s++)
        fprintf(script, "%s $data using %d:xtic(1) %s lc rgb '%s' title \"%s\"", s ? "," : "",
                s + 2, c->lines ? "with linespoints lw 2 pt 7" : "", colour_of(c->series[s]),
                c->series[s]);
    fputc('\n', script);
}

static void copy_svg(FILE *out, FILE *svg)
{
    char line[8192];
    bool inside = false;

    while (fgets(line, sizeof(line), svg)) {
        inside |= strstr(line, "<svg") != NULL;
        if (inside)
            fputs(line, out);
    }
}

bool chart_put(FILE *out, const struct chart *c)
{
    char name[] = "/tmp/pvkit-chart-XXXXXX", command[64];
    int fd = mkstemp(name);
    FILE *script = fd < 0 ? NULL : fdopen(fd, "w"), *svg;
    int status = -1;

    if (!script)
        return false;
    put_script(script, c);
    fclose(script);
    snprintf(command, sizeof(command), "gnuplot %s", name);
    svg = popen(command, "r");
    if (svg) {
        fputs("<figure>", out);
        copy_svg(out, svg);
        fputs("<figcaption>", out);
        text_escape(out, c->title);
        fputs("</figcaption></figure>\n", out);
        status = pclose(svg);
    }
    unlink(name);
    return status == 0;
}
