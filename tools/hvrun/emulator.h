/* SPDX-License-Identifier: MIT */
/* QEMU as a child process: started, relayed to and from, ended. */
#ifndef HVRUN_EMULATOR_H
#define HVRUN_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "command.h"

enum emulator_end {
    EMULATOR_EXITED,   /* with status */
    EMULATOR_KILLED,   /* by signal status, not ours */
    EMULATOR_TIMEOUT,  /* we ended it: time ran out */
    EMULATOR_SIGNAL,   /* we ended it: this process got signal status */
    EMULATOR_NO_START, /* could not be executed: errno in status */
};

struct emulator_result {
    enum emulator_end end;
    int status;
    char message[256]; /* last line QEMU wrote on stderr, empty if none */
};

/*
 * Block the signals that emulator_run() waits for. Called before anything exists that needs
 * cleaning up, so that a signal never ends the process half-way.
 */
void emulator_block_signals(void);

/*
 * Run @cmd in directory @dir until it ends, @timeout seconds (0: forever) have passed, or a signal
 * asks this process to end. Its console is stdin and stdout; @interactive as in terminal_raw().
 * With @verbose its stderr is passed on.
 */
struct emulator_result emulator_run(const struct command *cmd, const char *dir, double timeout,
                                    bool interactive, bool verbose);

#endif
