/* SPDX-License-Identifier: MIT */
/* The frame of the page: nothing in it needs a network. */
#include "report.h"

#include <stdlib.h>

void text_escape(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
}

/* Of five digits and more, in groups of three. */
static void put_number(FILE *out, double v, int digits)
{
    char text[64];
    int whole = snprintf(text, sizeof(text), "%.*f", digits, v) - (digits ? digits + 1 : 0);

    for (int i = 0; text[i]; i++) {
        if (i && i < whole && whole > 4 && (whole - i) % 3 == 0)
            fputc(',', out);
        fputc(text[i], out);
    }
}

void text_cell(FILE *out, const char *op, const char *env, const char *figure, const json_t *value,
               double scale, int digits)
{
    char *exact =
        json_is_number(value) ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10)) : NULL;

    if (!exact) {
        fputs("<td class=\"none\">–</td>", out);
        return;
    }
    fprintf(out, "<td data-op=\"%s\" data-env=\"%s\" data-figure=\"%s\" data-value=\"%s\">", op,
            env, figure, exact);
    put_number(out, json_number_value(value) * scale, digits);
    fputs("</td>", out);
    free(exact);
}

void text_head(FILE *out)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<title>pvkit: para-virtualization, measured</title>\n<style>\n"
          ":root{--fg:#1d2430;--bg:#fff;--soft:#5b6573;--line:#d9dee5;--card:#f6f8fa;--ok:#1f7a3d;"
          "--bad:#b3261e}\n"
          "@media(prefers-color-scheme:dark){:root{--fg:#e6e9ee;--bg:#14181e;--soft:#9aa5b3;"
          "--line:#313944;--card:#1c222a;--ok:#6fcf8f;--bad:#ff8a80}}\n"
          "body{font:16px/1.55 system-ui,sans-serif;color:var(--fg);background:var(--bg);"
          "max-width:62rem;margin:0 auto;padding:1.5rem}\n"
          "h1{font-size:1.9rem;margin:.2em 0}h2{margin-top:2.2em;border-bottom:1px solid "
          "var(--line);padding-bottom:.2em}\n"
          "p.lead{font-size:1.1rem;color:var(--soft)}small,figcaption,.note{color:var(--soft)}\n"
          "figure{margin:1.2em 0;background:#fff;border:1px solid var(--line);border-radius:8px;"
          "padding:.5rem;overflow:hidden}\n"
          "figure svg{width:100%;height:auto;display:block}figcaption{color:#5b6573;"
          "padding:.2rem .6rem .4rem}\n"
          ".scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:"
          "tabular-nums;font-size:.92rem;margin:.8em 0;min-width:70%}\n"
          "caption{text-align:left;padding-bottom:.3em}th,td{padding:.3em "
          ".7em;text-align:right;border-bottom:1px solid var(--line);"
          "white-space:nowrap}th:first-child,td:first-child{text-align:left}\n"
          "thead th{background:var(--card)}td.none{color:var(--soft)}.met{color:var(--ok)}"
          ".missed{color:var(--bad);font-weight:600}\n"
          ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.8rem;"
          "margin:1.2em 0}"
          ".card{background:var(--card);border:1px solid "
          "var(--line);border-radius:8px;padding:.8rem 1rem}"
          "\n.card b{display:block;font-size:1.7rem}\n"
          "dl{display:grid;grid-template-columns:max-content 1fr;gap:.3em 1em}dt{font-weight:600}"
          "dd{margin:0}\n</style></head><body>\n"
          "<h1>Para-virtualization, measured</h1>\n"
          "<p class=\"lead\">One small kernel, the same work, one hypervisor: only the path to the "
          "hardware differs. Every figure below comes from <code>bench.json</code> of the same "
          "run.</p>\n",
          out);
}

void text_foot(FILE *out)
{
    fputs(
        "<h2>How to read this</h2>\n<ul>\n"
        "<li><b>Instructions</b> are counted by QEMU (<code>-icount</code>): they repeat to the "
        "digit, but they are not time. A string instruction counts once per element, so copying "
        "4 KiB shows as 512.</li>\n"
        "<li><b>Exits</b> are entries into the hypervisor, hypercalls included. Each costs about "
        "a thousand cycles on hardware, which instruction counts do not show: there the gap is "
        "wider than here.</li>\n"
        "<li><b>Where PV loses:</b> system calls, page faults and page-table updates of an x86-64 "
        "PV guest pass through the hypervisor; a container with nested paging does them alone. And "
        "a bus master moves a megabyte by one command, where a PV driver grants each page: in "
        "instructions, long sequential transfers by DMA are cheaper than by rings.</li>\n"
        "<li><b>ATA by programmed I/O</b> is READ SECTORS and WRITE SECTORS, an interrupt per "
        "sector, as a drive starts up; with 16 sectors per interrupt it takes about 10 exits per "
        "4 KiB instead of 38.</li>\n"
        "<li><b>Times</b> are of software emulation; only their ratio says something.</li>\n"
        "</ul>\n</body></html>\n",
        out);
}
