/* SPDX-License-Identifier: MIT */
/* Table 3, right: a process that ends at once, one that executes a program, one that lets a shell
 * do it. */
#include "lmb.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_for(pid_t child)
{
    int status;

    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        lmb_die("child");
}

static void fork_batch(const struct row *row, unsigned n)
{
    (void)row;
    while (n--) {
        pid_t child = fork();

        if (child == 0)
            _exit(0);
        wait_for(child);
    }
}

/* What the child says is nobody's business. */
static void quiet(void)
{
    int fd = open("/dev/null", O_WRONLY);

    dup2(fd, 1);
    close(fd);
}

static void exec_batch(const struct row *row, unsigned n)
{
    (void)row;
    while (n--) {
        pid_t child = fork();

        if (child == 0) {
            quiet();
            execl(lmb_self, lmb_self, "hello", NULL);
            _exit(1);
        }
        wait_for(child);
    }
}

static void sh_batch(const struct row *row, unsigned n)
{
    char command[64];

    (void)row;
    snprintf(command, sizeof(command), "%s hello", lmb_self);
    while (n--) {
        pid_t child = fork();

        if (child == 0) {
            quiet();
            execl("/bin/sh", "sh", "-c", command, NULL);
            _exit(1);
        }
        wait_for(child);
    }
}

const struct row process_rows[] = {
    {.op = "fork", .n = 4, .batch = fork_batch},
    {.op = "exec", .n = 2, .batch = exec_batch},
    {.op = "sh", .n = 1, .batch = sh_batch},
    {.op = NULL},
};
