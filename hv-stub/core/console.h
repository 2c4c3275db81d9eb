/* SPDX-License-Identifier: MIT */
/* The console, private to core/: how text of domains gets onto one serial line, and input back. */
#ifndef CORE_CONSOLE_H
#define CORE_CONSOLE_H

#include "hv.h"

/* Write out what d has left on an unfinished line. */
void console_flush(struct domain *d);
/* The last line of d in which the word panic was, perhaps without its beginning; NULL: none. */
const char *console_panic(const struct domain *d);
/* d starts, or starts again. */
void console_forget(struct domain *d);
/* On the way to idle: the same for every domain that waits (a prompt, an echo). */
void console_idle(void);
/* Does input wait for d? */
bool console_has_input(const struct domain *d);
/* console_ring.c: move waiting input into d's ring if it uses one. True if it does. */
bool console_ring_feed(struct domain *d);
/* console_ring.c: drop the frames of the console and store rings; d has ended. */
void console_ring_release(struct domain *d);
/* console_ring.c: the ports are gone, the rings are not. 0 or -XEN_ENOMEM. */
int console_ring_reopen(struct domain *d);

#endif
