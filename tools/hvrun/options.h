/* SPDX-License-Identifier: MIT */
#ifndef HVRUN_OPTIONS_H
#define HVRUN_OPTIONS_H

#include <stdio.h>

#include "config.h"

enum options_result {
    OPTIONS_RUN,     /* cfg is complete */
    OPTIONS_HELP,    /* --help was given */
    OPTIONS_VERSION, /* --version was given */
    OPTIONS_BAD,     /* complained already */
};

/* Parse the command line into @cfg, defaults filled in. Looks at no file. */
enum options_result options_parse(int argc, const char *const *argv, struct run_config *cfg);

/* Print the option table. */
void options_help(FILE *out);

#endif
