/* SPDX-License-Identifier: MIT */
#include "workdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"

static char path[PATH_MAX];
static int dir_fd = -1;

const char *workdir_path(void)
{
    return path;
}

int workdir_create(void)
{
    const char *tmp = getenv("TMPDIR");
    char where[PATH_MAX];

    if (!tmp || !*tmp)
        tmp = "/tmp";
    if (!realpath(tmp, where) || strlen(where) + sizeof("/hvrun.XXXXXX") > sizeof(path))
        return complain("temporary directory %s: %s", tmp, strerror(errno));
    snprintf(path, sizeof(path), "%.*s/hvrun.XXXXXX", PATH_MAX - 32, where);
    if (!mkdtemp(path))
        return complain("temporary directory in %s: %s", where, strerror(errno));
    dir_fd = open(path, O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        rmdir(path);
        return complain("temporary directory %s: %s", path, strerror(errno));
    }
    atexit(workdir_remove);
    return 0;
}

int workdir_link(const char *name, const char *target)
{
    char *absolute = realpath(target, NULL);
    int rc = -1;

    if (!absolute)
        complain("%s: %s", target, strerror(errno));
    else if ((rc = symlinkat(absolute, dir_fd, name)) < 0)
        complain("cannot link to %s: %s", target, strerror(errno));
    free(absolute);
    return rc;
}

int workdir_write(const char *name, const void *data, size_t size)
{
    const char *p = data;
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    while (fd >= 0 && size) {
        ssize_t n = write(fd, p, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        p += n;
        size -= (size_t)n;
    }
    if (fd < 0 || size) {
        complain("cannot write to %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return close(fd);
}

void workdir_remove(void)
{
    DIR *dir;
    struct dirent *entry;

    if (dir_fd < 0)
        return;
    dir = fdopendir(dir_fd); /* takes the descriptor over */
    while (dir && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    else
        close(dir_fd);
    dir_fd = -1;
    rmdir(path);
}
