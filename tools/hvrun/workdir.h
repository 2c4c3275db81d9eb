/* SPDX-License-Identifier: MIT */
/*
 * A private temporary directory. QEMU runs inside it and sees every file under a plain short name,
 * so that spaces, commas and percent signs in the user's paths never meet QEMU's own syntax.
 */
#ifndef HVRUN_WORKDIR_H
#define HVRUN_WORKDIR_H

#include <stddef.h>

/* Make the directory ($TMPDIR or /tmp); it is removed when the process exits. 0, or -1. */
int workdir_create(void);

/* Its absolute path. */
const char *workdir_path(void);

/* Make @name in it a symbolic link to @target. 0, or -1 after complaining. */
int workdir_link(const char *name, const char *target);

/* Write @size bytes to a new file @name in it. 0, or -1 after complaining. */
int workdir_write(const char *name, const void *data, size_t size);

/* Remove the directory and what is in it. Safe to call twice. */
void workdir_remove(void);

#endif
