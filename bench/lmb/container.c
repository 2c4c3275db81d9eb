/* SPDX-License-Identifier: MIT */
/*
 * A container as the usual engines make them, less what says nothing about cost: all namespaces but
 * the user's, a root of its own, and a cgroup that accounts and limits processor, memory and
 * processes.
 */
#include "lmb.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUPS "/sys/fs/cgroup"
#define GROUP  GROUPS "/lmb"

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        lmb_die(path);
    close(fd);
}

static void enter_group(void)
{
    if (mount("cgroup2", GROUPS, "cgroup2", 0, NULL) != 0)
        lmb_die(GROUPS);
    put(GROUPS "/cgroup.subtree_control", "+cpu +memory +pids");
    if (mkdir(GROUP, 0755) != 0)
        lmb_die(GROUP);
    put(GROUP "/cpu.max", "1000000 1000000");
    put(GROUP "/memory.max", "100000000");
    put(GROUP "/pids.max", "100");
    put(GROUP "/cgroup.procs", "0");
}

static void loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0)
        lmb_die("lo");
    close(fd);
}

static void enter_root(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("/", "/mnt", NULL, MS_BIND | MS_REC, NULL) != 0 || chroot("/mnt") != 0 ||
        chdir("/") != 0 || mount("proc", "/proc", "proc", 0, NULL) != 0)
        lmb_die("root");
}

void container_enter(void)
{
    int status;
    pid_t child;

    enter_group();
    if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                CLONE_NEWCGROUP) != 0)
        lmb_die("unshare");
    child = fork(); /* the first process of the new namespace */
    if (child != 0) {
        if (child < 0 || waitpid(child, &status, 0) != child)
            lmb_die("container");
        exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    enter_root();
    loopback_up();
}
