/* SPDX-License-Identifier: MIT */
#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"

char *spec_word(char **at)
{
    char *word = *at, *in = word, *out = word;

    if (!word)
        return NULL;
    for (; *in; in++) {
        if (*in == ',' && in[1] != ',')
            break;
        if (*in == ',')
            in++;
        *out++ = *in;
    }
    *at = *in ? in + 1 : NULL;
    *out = '\0';
    return word;
}

const char *spec_value(const char *word, const char *key)
{
    size_t len = strlen(key);

    return !strncmp(word, key, len) && word[len] == '=' ? word + len + 1 : NULL;
}

int spec_number(const char *option, const char *text, unsigned long min, unsigned long max,
                unsigned int *out)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno || n < min || n > max)
        return complain("%s wants a number from %lu to %lu, not '%s'", option, min, max, text);
    *out = (unsigned int)n;
    return 0;
}

int spec_action(const char *option, const char *text, enum end_action *out)
{
    static const struct {
        const char *name;
        enum end_action action;
    } names[] = {
        {"destroy", END_DESTROY},          {"restart", END_RESTART},
        {"preserve", END_PRESERVE},        {"rename-restart", END_RESTART},
        {"coredump-destroy", END_DESTROY}, {"coredump-restart", END_RESTART},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(text, names[i].name)) {
            *out = names[i].action;
            return 0;
        }
    return complain("%s wants destroy, restart or preserve, not '%s'", option, text);
}
