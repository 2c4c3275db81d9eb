/* SPDX-License-Identifier: MIT */
#include "modword.h"

struct word next_word(const char **p, char sep)
{
    struct word w;

    while (**p == sep)
        (*p)++;
    w.s = *p;
    while (**p && **p != sep)
        (*p)++;
    w.len = (size_t)(*p - w.s);
    while (**p == sep)
        (*p)++;
    return w;
}

struct word word_part(struct word *w, char sep)
{
    struct word part = {w->s, 0};

    while (part.len < w->len && w->s[part.len] != sep)
        part.len++;
    w->s += part.len;
    w->len -= part.len;
    if (w->len) {
        w->s++;
        w->len--;
    }
    return part;
}

bool word_is(struct word w, const char *s)
{
    return w.len == strlen(s) && !memcmp(w.s, s, w.len);
}

bool word_key(struct word *w, const char *key)
{
    size_t n = strlen(key);

    if (w->len <= n || memcmp(w->s, key, n) || w->s[n] != '=')
        return false;
    w->s += n + 1;
    w->len -= n + 1;
    return true;
}

bool word_number(struct word w, uint64_t min, uint64_t max, uint64_t *v)
{
    const char *end;

    if (w.len == 0 || w.len > 10)
        return false;
    *v = str_to_u64(w.s, &end);
    return end == w.s + w.len && *v >= min && *v <= max;
}

bool word_name(struct word w, char *dst, size_t n)
{
    if (w.len == 0 || w.len >= n)
        return false;
    for (size_t i = 0; i < w.len; i++)
        if (w.s[i] < '!' || w.s[i] > '~' || w.s[i] == '"' || w.s[i] == '\\')
            return false; /* names end up in JSON and on terminals */
    memcpy(dst, w.s, w.len);
    dst[w.len] = '\0';
    return true;
}
