/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "complain.h"
#include "prepare.h"
#include "workdir.h"

static char link_path[PATH_MAX], target[PATH_MAX + 16];

/*
 * A link, because the name of a socket has 107 bytes at most and QEMU's syntax of its own; those of
 * the work directory are short and plain.
 */
int control_publish(const char *path)
{
    struct stat st;
    struct sockaddr_un sun;

    snprintf(target, sizeof(target), "%s/%s", workdir_path(), WORK_CONTROL);
    if (strlen(path) >= sizeof(sun.sun_path) || strlen(target) >= sizeof(sun.sun_path))
        return complain("--control %s: longer than %zu bytes", path, sizeof(sun.sun_path) - 1);
    if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode) && !S_ISSOCK(st.st_mode))
        return complain("--control %s: there is something else", path);
    unlink(path);
    if (symlink(target, path) < 0)
        return complain("--control %s: %s", path, strerror(errno));
    snprintf(link_path, sizeof(link_path), "%s", path);
    atexit(control_remove);
    return 0;
}

void control_remove(void)
{
    char now[PATH_MAX];
    ssize_t n;

    if (!*link_path)
        return;
    n = readlink(link_path, now, sizeof(now) - 1);
    if (n > 0 && (size_t)n == strlen(target) && !memcmp(now, target, (size_t)n))
        unlink(link_path);
    link_path[0] = '\0';
}
