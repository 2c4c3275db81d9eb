/* SPDX-License-Identifier: MIT */
/* hvrun: run guests on hv-stub in QEMU. Check everything, start it, say how it ended. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "complain.h"
#include "control.h"
#include "emulator.h"
#include "kvm_probe.h"
#include "options.h"
#include "prepare.h"
#include "stats.h"
#include "terminal.h"
#include "workdir.h"

#ifndef PVKIT_VERSION
#define PVKIT_VERSION "0.1"
#endif

/* Exit statuses of QEMU when hv-stub wrote to isa-debug-exit: value * 2 + 1. */
enum debug_exit {
    DEBUG_EXIT_OFF = 0x10 * 2 + 1,
    DEBUG_EXIT_CRASH = 0x11 * 2 + 1,
    DEBUG_EXIT_PANIC = 0x12 * 2 + 1,
    DEBUG_EXIT_REBOOT = 0x13 * 2 + 1,
};

/* So that no pipe ends up as descriptor 0, 1 or 2. */
static void open_standard_files(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* hv-stub.elf in the directory of this very program. */
static int default_hv(char *path, size_t room)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    if (n < 0)
        return complain("cannot tell where hvrun is (%s); use --hv", strerror(errno));
    self[n] = '\0';
    slash = strrchr(self, '/');
    if ((size_t)snprintf(path, room, "%.*s/hv-stub.elf", (int)(slash - self), self) >= room)
        return complain("path of hv-stub.elf is too long; use --hv");
    return 0;
}

/* QEMU runs in another directory, so a relative path to it is made absolute first. */
static const char *qemu_program(char *room)
{
    const char *name = getenv("HVRUN_QEMU");

    if (!name || !*name)
        return "qemu-system-x86_64";
    if (strchr(name, '/') && realpath(name, room))
        return room;
    return name;
}

static enum hvrun_status explain_exit(const struct emulator_result *r)
{
    switch (r->status) {
    case DEBUG_EXIT_OFF:
        return HVRUN_OK;
    case DEBUG_EXIT_CRASH:
        return HVRUN_CRASH;
    case DEBUG_EXIT_PANIC:
        return HVRUN_PANIC;
    case DEBUG_EXIT_REBOOT:
        return HVRUN_REBOOT;
    case 0:
        complain("the machine was reset or switched off before hv-stub reported an end");
        return HVRUN_PANIC;
    default:
        complain("QEMU failed with status %d%s%s", r->status, r->message[0] ? ": " : "",
                 r->message);
        return HVRUN_EMULATOR;
    }
}

/* End as the signal would have ended us, now that everything is cleaned up. */
static _Noreturn void die_by_signal(int signo)
{
    sigset_t set;

    control_remove();
    workdir_remove();
    terminal_restore();
    signal(signo, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signo);
    raise(signo);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + signo);
}

static enum hvrun_status explain_end(const struct run_config *cfg, const char *qemu,
                                     const struct emulator_result *r)
{
    switch (r->end) {
    case EMULATOR_EXITED:
        return explain_exit(r);
    case EMULATOR_NO_START:
        complain("cannot run %s: %s", qemu, strerror(r->status));
        return HVRUN_EMULATOR;
    case EMULATOR_KILLED:
        complain("QEMU was killed by signal %d (%s)", r->status, strsignal(r->status));
        return HVRUN_EMULATOR;
    case EMULATOR_TIMEOUT:
        complain("timeout after %g seconds", cfg->timeout);
        return HVRUN_TIMEOUT;
    case EMULATOR_SIGNAL:
        die_by_signal(r->status);
    }
    return HVRUN_EMULATOR;
}

static enum hvrun_status run(struct run_config *cfg, unsigned int host_mib)
{
    char room[PATH_MAX];
    const char *qemu = qemu_program(room);
    struct emulator_result result;
    enum hvrun_status status;
    struct command cmd;

    if (cfg->accel == ACCEL_KVM) {
        const char *reason = kvm_probe();

        if (reason) {
            complain("KVM does not work here (%s); running with tcg instead", reason);
            cfg->accel = ACCEL_TCG;
        }
    }
    command_build(&cmd, qemu, cfg, host_mib);
    if (cfg->verbose)
        command_print(stderr, &cmd);
    result = emulator_run(&cmd, workdir_path(), cfg->timeout, cfg->interactive, cfg->verbose);
    command_free(&cmd);
    status = explain_end(cfg, qemu, &result);
    if (cfg->stats && result.end == EMULATOR_EXITED && status != HVRUN_EMULATOR &&
        stats_collect(WORK_STATS, cfg->stats) < 0 && status == HVRUN_OK)
        status = HVRUN_EMULATOR;
    return status;
}

int main(int argc, char **argv)
{
    char beside[PATH_MAX];
    struct run_config cfg;
    unsigned int host_mib;

    open_standard_files();
    switch (options_parse(argc, (const char *const *)argv, &cfg)) {
    case OPTIONS_HELP:
        options_help(stdout);
        return HVRUN_OK;
    case OPTIONS_VERSION:
        puts("hvrun (pvkit) " PVKIT_VERSION);
        return HVRUN_OK;
    case OPTIONS_BAD:
        return HVRUN_USAGE;
    case OPTIONS_RUN:
        break;
    }
    if (!cfg.hv) {
        if (default_hv(beside, sizeof(beside)) < 0)
            return HVRUN_USAGE;
        cfg.hv = beside;
    }
    emulator_block_signals();
    if (workdir_create() < 0 || (cfg.control && control_publish(cfg.control) < 0))
        return HVRUN_USAGE;
    if (prepare(&cfg, cfg.hv, &host_mib) < 0 || (cfg.stats && stats_check_target(cfg.stats) < 0))
        return HVRUN_USAGE;
    return run(&cfg, host_mib);
}
