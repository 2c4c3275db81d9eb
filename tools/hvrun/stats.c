/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"
#include "workdir.h"

int stats_check_target(const char *path)
{
    struct stat before;
    int existed = stat(path, &before) == 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0)
        return complain("statistics file %s: %s", path, strerror(errno));
    close(fd);
    if (!existed)
        unlink(path);
    return 0;
}

int stats_collect(const char *name, const char *path)
{
    char source[PATH_MAX + 32];
    json_error_t error;
    struct stat st;
    json_t *stats;
    int rc = 0;

    snprintf(source, sizeof(source), "%s/%s", workdir_path(), name);
    if (stat(source, &st) < 0 || st.st_size == 0)
        return complain("hv-stub gave no statistics");
    stats = json_load_file(source, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(stats)) {
        rc = complain("hv-stub's statistics are not a JSON object: %s",
                      stats ? "something else" : error.text);
    } else if (json_dump_file(stats, path, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) < 0) {
        rc = complain("statistics file %s: cannot be written", path);
    }
    json_decref(stats);
    return rc;
}
