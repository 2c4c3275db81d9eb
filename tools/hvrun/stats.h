/* SPDX-License-Identifier: MIT */
#ifndef HVRUN_STATS_H
#define HVRUN_STATS_H

/* Check before the run that the statistics can be written to @path. 0, or -1 after complaining. */
int stats_check_target(const char *path);

/*
 * Read the statistics that hv-stub wrote to file @name in the work directory, check that they are
 * one JSON object, and write them indented to @path. Returns 0, or -1 after complaining.
 */
int stats_collect(const char *name, const char *path);

#endif
