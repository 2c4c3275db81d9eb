/* SPDX-License-Identifier: MIT */
#include "pump.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void pump_prepare(const struct pump *p, struct pollfd pfd[2])
{
    pfd[0] = (struct pollfd){.fd = p->len ? -1 : p->from, .events = POLLIN};
    pfd[1] = (struct pollfd){.fd = p->len ? p->to : -1, .events = POLLOUT};
}

static bool again(void)
{
    return errno == EINTR || errno == EAGAIN;
}

void pump_move(struct pump *p, const struct pollfd pfd[2])
{
    ssize_t n;

    if (pfd[0].fd >= 0 && pfd[0].revents) {
        n = read(p->from, p->buf, sizeof(p->buf));
        if (n > 0)
            p->len = p->to < 0 ? 0 : (size_t)n;
        else if (n == 0 || !again())
            p->from = -1;
    }
    if (pfd[1].fd >= 0 && pfd[1].revents) {
        n = write(p->to, p->buf, p->len);
        if (n > 0) {
            p->len -= (size_t)n;
            memmove(p->buf, p->buf + n, p->len);
        } else if (n < 0 && !again()) {
            p->lost = true;
            p->to = -1;
            p->len = 0;
        }
    }
}

bool pump_done(const struct pump *p)
{
    return p->from < 0 && p->len == 0;
}
