/* SPDX-License-Identifier: MIT */
#include "play.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    "CONTROL",
    "DIRECTORY",
    "READ",
    "GET_PERMS",
    "WATCH",
    "UNWATCH",
    "TRANSACTION_START",
    "TRANSACTION_END",
    "INTRODUCE",
    "RELEASE",
    "GET_DOMAIN_PATH",
    "WRITE",
    "MKDIR",
    "RM",
    "SET_PERMS",
    "WATCH_EVENT",
    "ERROR",
    "IS_DOMAIN_INTRODUCED",
    "RESUME",
    "SET_TARGET",
    "RESTRICT",
    "RESET_WATCHES",
    "DIRECTORY_PART",
    "TYPE23",
    "TYPE24",
};

#define NR_NAMES (sizeof(names) / sizeof(names[0]))

static uint32_t type_of(const char *name)
{
    for (uint32_t i = 0; i < NR_NAMES; i++)
        if (!strcmp(names[i], name))
            return i;
    fprintf(stderr, "unknown request %s\n", name);
    exit(2);
}

static void put(unsigned id, const void *p, size_t n)
{
    struct xenstore_domain_interface *r = play_ring(id);

    for (const char *c = p; n--; c++) {
        while (r->req_prod - r->req_cons == XENSTORE_RING_SIZE)
            play_kick(id);
        r->req[MASK_XENSTORE_IDX(r->req_prod)] = *c;
        __atomic_store_n(&r->req_prod, r->req_prod + 1, __ATOMIC_SEQ_CST);
    }
}

static void get(unsigned id, void *p, size_t n)
{
    struct xenstore_domain_interface *r = play_ring(id);

    for (char *c = p; n--; c++) {
        while (r->rsp_cons == __atomic_load_n(&r->rsp_prod, __ATOMIC_SEQ_CST))
            play_kick(id);
        *c = r->rsp[MASK_XENSTORE_IDX(r->rsp_cons)];
        __atomic_store_n(&r->rsp_cons, r->rsp_cons + 1, __ATOMIC_SEQ_CST);
    }
}

static void print_body(FILE *out, const char *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t same = 1;

        while (i + same < n && p[i + same] == p[i])
            same++;
        if (same > 20) {
            fprintf(out, "%c{%u}", p[i], same);
            i += same - 1;
        } else {
            fputc(!p[i] ? '|' : isprint((unsigned char)p[i]) ? p[i] : '?', out);
        }
    }
}

static void print_messages(unsigned id, FILE *out)
{
    struct xenstore_domain_interface *r = play_ring(id);

    while (r->rsp_cons != __atomic_load_n(&r->rsp_prod, __ATOMIC_SEQ_CST)) {
        struct xsd_sockmsg m;
        char body[XENSTORE_PAYLOAD_MAX];
        uint32_t skip = 0;

        get(id, &m, sizeof(m));
        get(id, body, m.len);
        fprintf(out, "  %u: %s ", id, m.type < NR_NAMES ? names[m.type] : "?");
        if (m.type == XS_DIRECTORY_PART) { /* the generation differs from run to run */
            skip = (uint32_t)strlen(body);
            fputc('G', out);
        }
        print_body(out, body + skip, m.len - skip);
        fputc('\n', out);
    }
}

/* "a*300" at the end of a word stands for 300 times a; '|' for 0. */
static uint32_t read_body(const char *s, char *body)
{
    uint32_t n = 0;

    for (; *s && *s != '\n'; s++) {
        uint32_t times = 1;
        char c = *s == '|' ? 0 : *s;

        if (s[1] == '*') {
            char *end;

            times = (uint32_t)strtoul(s + 2, &end, 10);
            s = end - 1;
        }
        while (times--)
            body[n++] = c;
    }
    return n;
}

void play(FILE *in, FILE *out)
{
    static char line[8192], body[8192];
    struct xsd_sockmsg m = {0};

    while (fgets(line, sizeof(line), in)) {
        unsigned id = (unsigned)line[0] - '0';
        char *s = line + 2, name[32];
        int used = 0;

        fputs(line, out);
        if (!isdigit((unsigned char)line[0]))
            continue;
        m.tx_id = *s == '@' ? (uint32_t)strtoul(s + 1, &s, 10) : 0;
        if (sscanf(s, " %31s%n", name, &used) != 1)
            continue;
        s += used + (s[used] == ' ');
        m.type = type_of(name);
        m.req_id++;
        m.len = read_body(s, body);
        put(id, &m, sizeof(m));
        put(id, body, m.len);
        play_kick(id);
        for (unsigned i = 0; i < PLAY_DOMAINS; i++)
            print_messages(i, out);
    }
}
