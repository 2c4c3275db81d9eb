/* SPDX-License-Identifier: MIT */
/* Words of a line, private to modline*.c. */
#ifndef CORE_MODWORD_H
#define CORE_MODWORD_H

#include "hv.h"

struct word {
    const char *s;
    size_t len;
};

/* Next word at *p, ended by `sep` or the end; *p moves behind the separators that follow. */
struct word next_word(const char **p, char sep);
/* Cut the part in front of the first `sep` off w: returns that part, w keeps what is behind. */
struct word word_part(struct word *w, char sep);
bool word_is(struct word w, const char *s);
/* `key=` in front? Then w is the value. */
bool word_key(struct word *w, const char *key);
bool word_number(struct word w, uint64_t min, uint64_t max, uint64_t *v);
/* Copy to dst of n bytes: 1 to n - 1 printable characters that need no quoting anywhere. */
bool word_name(struct word w, char *dst, size_t n);

/* ---- modline_dev.c: one more device; what is wrong with the value, or NULL */
const char *disk_option(struct word w, struct domain_config *cfg);
const char *net_option(struct word w, struct domain_config *cfg);

#endif
