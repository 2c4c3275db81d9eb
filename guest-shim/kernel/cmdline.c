/* SPDX-License-Identifier: MIT */
#include "kernel.h"

static char cmdline[512];

void cmdline_set(const char *line)
{
    size_t n = strlen(line);

    if (n >= sizeof(cmdline))
        n = sizeof(cmdline) - 1;
    memcpy(cmdline, line, n);
    cmdline[n] = 0;
}

const char *cmdline_get(void)
{
    return cmdline;
}

static bool at_end(const char *s)
{
    return *s == 0 || *s == ' ';
}

/* The rest of the word that begins with `name`, followed by `end` ('=') or the word's end. */
static const char *find(const char *name, char end)
{
    size_t n = strlen(name);
    const char *s = cmdline;

    while (*s) {
        while (*s == ' ')
            s++;
        if (!strncmp(s, name, n) && (end ? s[n] == end : at_end(s + n)))
            return s + n + (end != 0);
        while (!at_end(s))
            s++;
    }
    return NULL;
}

bool cmdline_word(const char *name)
{
    return find(name, 0);
}

const char *cmdline_value(const char *name)
{
    return find(name, '=');
}

uint64_t cmdline_number(const char *name, uint64_t otherwise)
{
    const char *s = cmdline_value(name);
    uint64_t n = 0;

    if (!s || *s < '0' || *s > '9')
        return otherwise;
    while (*s >= '0' && *s <= '9')
        n = n * 10 + *s++ - '0';
    return n;
}

bool list_contains(const char *list, const char *name)
{
    size_t n = strlen(name);

    while (!at_end(list)) {
        if (!strncmp(list, name, n) && (at_end(list + n) || list[n] == ','))
            return true;
        while (!at_end(list) && *list != ',')
            list++;
        if (*list == ',')
            list++;
    }
    return false;
}
