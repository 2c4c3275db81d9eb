/* SPDX-License-Identifier: MIT */
/* The control channel of a running hv-stub: requests and their answers, as hv-stub/core/control.c
 * describes them. */
#ifndef HVCTL_LINK_H
#define HVCTL_LINK_H

#include <stdbool.h>
#include <stddef.h>

enum hvctl_status {
    HVCTL_OK = 0,
    HVCTL_REFUSED = 1,   /* hv-stub or the domain's state says no */
    HVCTL_USAGE = 2,     /* nothing was asked */
    HVCTL_NO_ANSWER = 5, /* nobody there, or time ran out */
};

/* One line on stderr, `hvctl: ` in front. Returns @status. */
enum hvctl_status hvctl_complain(enum hvctl_status status, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Seconds of a clock that only goes forward. */
double hvctl_now(void);

/* Connect to the socket at @path, waiting until hv-stub answers or hvctl_now() is @deadline. Every
 * later call ends by then too. HVCTL_OK, or a status after complaining. */
enum hvctl_status link_open(const char *path, double deadline);

/*
 * Ask: @words, up to the NULL, are escaped and sent. @line is called for each line of the answer,
 * as it was sent, escapes and all; NULL: not wanted. HVCTL_OK or HVCTL_REFUSED, after complaining
 * unless @quiet; HVCTL_NO_ANSWER after complaining.
 */
enum hvctl_status link_ask(const char *const *words, void (*line)(char *text, void *ctx), void *ctx,
                           bool quiet);
#define link_ask_words(line, ctx, ...) \
    link_ask((const char *const[]){__VA_ARGS__, NULL}, line, ctx, false)

/* Undo the escapes of @text in place. Returns its length; there may be zeros in it. */
size_t link_unescape(char *text);

#endif
