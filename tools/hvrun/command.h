/* SPDX-License-Identifier: MIT */
/* The QEMU command line of a run. */
#ifndef HVRUN_COMMAND_H
#define HVRUN_COMMAND_H

#include <stddef.h>
#include <stdio.h>

#include "config.h"

#define COMMAND_MAX_ARGS 192

struct command {
    char *argv[COMMAND_MAX_ARGS + 1]; /* owned, NULL-terminated */
    size_t argc;
};

/*
 * Build the command that starts @cfg with program @qemu in the work directory, on a machine with
 * @host_mib MiB. Memory exhaustion aborts.
 */
void command_build(struct command *cmd, const char *qemu, const struct run_config *cfg,
                   unsigned int host_mib);

/* Print it so that a shell would read it back unchanged. */
void command_print(FILE *out, const struct command *cmd);

/* Release its strings. */
void command_free(struct command *cmd);

#endif
