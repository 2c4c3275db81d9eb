/* SPDX-License-Identifier: MIT */
#ifndef HVRUN_COMPLAIN_H
#define HVRUN_COMPLAIN_H

/*
 * Print one line, `hvrun: ` and the message, on stderr. Control characters that a file name or an
 * argument brought along are shown as `?`, so that it stays one line. Always returns -1, for
 * `return complain(...)`.
 */
int complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
