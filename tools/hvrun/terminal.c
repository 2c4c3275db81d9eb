/* SPDX-License-Identifier: MIT */
#include "terminal.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_BACKSLASH 0x1c

static struct termios saved;
static bool raw;

bool terminal_forbidden(void)
{
    return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) != getpgrp();
}

void terminal_raw(bool interactive)
{
    struct termios t;

    if (raw || terminal_forbidden() || tcgetattr(STDIN_FILENO, &saved) < 0)
        return;
    t = saved;
    t.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | ISTRIP | IXON);
    t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    t.c_lflag |= ISIG;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    t.c_cc[VSUSP] = _POSIX_VDISABLE;
    if (interactive) {
        t.c_cc[VINTR] = CTRL_BACKSLASH;
        t.c_cc[VQUIT] = _POSIX_VDISABLE;
    }
    if (tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0) {
        raw = true;
        atexit(terminal_restore);
    }
}

void terminal_restore(void)
{
    if (raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    raw = false;
}
