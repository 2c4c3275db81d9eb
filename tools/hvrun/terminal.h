/* SPDX-License-Identifier: MIT */
#ifndef HVRUN_TERMINAL_H
#define HVRUN_TERMINAL_H

#include <stdbool.h>

/*
 * If stdin is a terminal that this process may use, pass keys through as they are typed, unechoed;
 * Ctrl-C and Ctrl-\\ still signal. With @interactive Ctrl-C is a key like the others, and Ctrl-\\
 * interrupts in its place. Undone when the process exits.
 */
void terminal_raw(bool interactive);

/* Reading stdin would stop this process: it is a terminal, and we are in its background. */
bool terminal_forbidden(void);

/* Put the terminal back as it was. Safe to call at any time. */
void terminal_restore(void);

#endif
