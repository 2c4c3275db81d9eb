/* SPDX-License-Identifier: MIT */
#include "emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "complain.h"
#include "pump.h"
#include "terminal.h"

/* After we ended QEMU: how long stdout may take to swallow what the console still holds. */
#define FLUSH_SECONDS 1

struct run {
    pid_t pid; /* 0: reaped */
    int signals;
    struct pump keys;    /* stdin to QEMU */
    struct pump console; /* QEMU to stdout */
    int errors;          /* QEMU's stderr */
    double deadline;     /* 0: none */
    bool verbose, ended;
    char line[256]; /* stderr line being collected */
    size_t line_len;
    struct emulator_result result;
};

static sigset_t watched(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGCHLD);
    return set;
}

void emulator_block_signals(void)
{
    sigset_t set = watched();

    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Runs in the child. Reports the errno of a failed exec through @report. */
static void become_qemu(const struct command *cmd, const char *dir, const int fd[3], int report,
                        pid_t parent)
{
    sigset_t set = watched();
    int error;

    /* Its own process group: Ctrl-C is hvrun's to handle. It must not outlive a killed hvrun. */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    if (dup2(fd[0], 0) >= 0 && dup2(fd[1], 1) >= 0 && dup2(fd[2], 2) >= 0 && chdir(dir) == 0) {
        signal(SIGPIPE, SIG_DFL);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        execvp(cmd->argv[0], cmd->argv);
    }
    error = errno;
    while (write(report, &error, sizeof(error)) < 0 && errno == EINTR)
        ;
    _exit(127);
}

static int start(struct run *run, const struct command *cmd, const char *dir)
{
    int in[2], out[2], err[2], report[2], error = 0;
    pid_t parent = getpid();

    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 ||
        pipe2(report, O_CLOEXEC) < 0)
        return errno;
    run->pid = fork();
    if (run->pid < 0)
        return errno;
    if (run->pid == 0)
        become_qemu(cmd, dir, (const int[]){in[0], out[1], err[1]}, report[1], parent);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    close(report[1]);
    /* Closed by a successful exec, so this read ends either way. */
    if (read(report[0], &error, sizeof(error)) != sizeof(error))
        error = 0;
    close(report[0]);
    if (error) {
        waitpid(run->pid, NULL, 0);
        return error;
    }
    run->keys = (struct pump){.from = terminal_forbidden() ? -1 : STDIN_FILENO, .to = in[1]};
    run->console = (struct pump){.from = out[0], .to = STDOUT_FILENO};
    run->errors = err[0];
    return 0;
}

/* The first reason to end wins; the child is killed, not asked: it has nothing worth saving. */
static void end_early(struct run *run, enum emulator_end why, int status)
{
    if (run->ended)
        return;
    run->ended = true;
    run->result.end = why;
    run->result.status = status;
    if (run->pid)
        kill(-run->pid, SIGKILL); /* it leads a process group of its own */
}

static void reap(struct run *run)
{
    int status;

    if (!run->pid || waitpid(run->pid, &status, WNOHANG) != run->pid)
        return;
    run->pid = 0;
    run->keys.from = run->keys.to = -1;
    run->keys.len = 0;
    if (run->ended) {
        run->deadline = now() + FLUSH_SECONDS;
        return;
    }
    run->ended = true;
    run->deadline = 0;
    run->result.end = WIFEXITED(status) ? EMULATOR_EXITED : EMULATOR_KILLED;
    run->result.status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

static void take_signal(struct run *run)
{
    struct signalfd_siginfo info;

    if (read(run->signals, &info, sizeof(info)) != sizeof(info))
        return;
    if (info.ssi_signo == SIGCHLD)
        reap(run);
    else
        end_early(run, EMULATOR_SIGNAL, (int)info.ssi_signo);
}

static void finish_error_line(struct run *run)
{
    if (!run->line_len)
        return;
    run->line[run->line_len] = '\0';
    memcpy(run->result.message, run->line, run->line_len + 1);
    run->line_len = 0;
    if (run->verbose)
        complain("QEMU: %s", run->result.message);
}

static void take_errors(struct run *run)
{
    char buf[512];
    ssize_t n = read(run->errors, buf, sizeof(buf));

    if (n <= 0) {
        if (n == 0 || errno != EINTR) {
            close(run->errors);
            run->errors = -1;
            finish_error_line(run);
        }
        return;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (buf[i] == '\n')
            finish_error_line(run);
        else if (run->line_len < sizeof(run->line) - 1)
            run->line[run->line_len++] = buf[i];
    }
}

static int time_left_ms(const struct run *run)
{
    double left;

    if (!run->deadline)
        return -1;
    left = run->deadline - now();
    return left <= 0 ? 0 : left > 1e6 ? 1000000000 : (int)ceil(left * 1000);
}

static void step(struct run *run)
{
    struct pollfd pfd[6] = {{.fd = run->signals, .events = POLLIN},
                            {.fd = run->errors, .events = POLLIN}};

    pump_prepare(&run->keys, &pfd[2]);
    pump_prepare(&run->console, &pfd[4]);
    if (poll(pfd, 6, time_left_ms(run)) < 0)
        return;
    pump_move(&run->keys, &pfd[2]);
    pump_move(&run->console, &pfd[4]);
    if (pfd[1].revents)
        take_errors(run);
    if (pfd[0].revents)
        take_signal(run);
    if (run->console.lost)
        end_early(run, EMULATOR_SIGNAL, SIGPIPE);
    if (run->pid && run->deadline && now() >= run->deadline)
        end_early(run, EMULATOR_TIMEOUT, 0);
}

static bool finished(const struct run *run)
{
    if (run->pid)
        return false;
    return (run->errors < 0 && pump_done(&run->console)) ||
           (run->deadline && now() >= run->deadline);
}

struct emulator_result emulator_run(const struct command *cmd, const char *dir, double timeout,
                                    bool interactive, bool verbose)
{
    struct run run = {.verbose = verbose, .errors = -1};
    sigset_t set = watched();
    int error;

    run.signals = signalfd(-1, &set, SFD_CLOEXEC);
    error = run.signals < 0 ? errno : start(&run, cmd, dir);
    if (error) {
        run.result.end = EMULATOR_NO_START;
        run.result.status = error;
        return run.result;
    }
    if (verbose)
        complain("QEMU is process %d", (int)run.pid);
    if (timeout)
        run.deadline = now() + timeout;
    terminal_raw(interactive);
    while (!finished(&run))
        step(&run);
    terminal_restore();
    close(run.signals);
    return run.result;
}
