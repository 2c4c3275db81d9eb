/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 32768
#define RETRY_MS   100
#define ABSENT_S   3 /* how long a path may not be there at all: hvrun makes it first */

static int fd = -1;
static double end;
static char tag[32];
static char in[LINE_BYTES];
static size_t in_len;

enum hvctl_status hvctl_complain(enum hvctl_status status, const char *fmt, ...)
{
    va_list ap;

    fputs("hvctl: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return status;
}

double hvctl_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- text */

static void put_escaped(FILE *out, const char *s)
{
    for (; *s; s++)
        if (*s > ' ' && *s <= '~' && *s != '\\')
            fputc(*s, out);
        else
            fprintf(out, "\\x%02x", (unsigned char)*s);
}

size_t link_unescape(char *text)
{
    char *to = text, *from = text;
    unsigned int byte;

    while (*from) {
        if (from[0] == '\\' && from[1] == 'x' && sscanf(from + 2, "%2x", &byte) == 1) {
            *to++ = (char)byte;
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* ---- the socket */

/* Ready for `events`? False: time is up, after @ms or all of it. */
static bool wait_for(short events, int ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    double left = (end - hvctl_now()) * 1000;

    if (left < 0)
        left = 0;
    if (ms >= 0 && left > ms)
        left = ms;
    return poll(&p, 1, left > 1e8 ? 100000000 : (int)left) > 0;
}

static bool send_all(const char *s, size_t n)
{
    while (n) {
        ssize_t sent;

        if (!wait_for(POLLOUT, -1))
            return false;
        sent = send(fd, s, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (sent > 0) {
            s += sent;
            n -= (size_t)sent;
        }
    }
    return true;
}

/* The next line that is ours, without tag and end; NULL: none within @ms. *lost: nor ever. */
static char *receive(int ms, bool *lost)
{
    static char line[LINE_BYTES];
    size_t tag_len = strlen(tag);
    ssize_t n;

    for (;;) {
        char *nl = memchr(in, '\n', in_len);

        if (nl) {
            size_t len = (size_t)(nl - in);

            memcpy(line, in, len);
            line[len] = '\0';
            in_len -= len + 1;
            memmove(in, nl + 1, in_len);
            if (!strncmp(line, tag, tag_len) && line[tag_len] == ' ')
                return line + tag_len + 1;
            continue; /* what somebody before us did not wait for */
        }
        if (in_len == sizeof(in))
            in_len = 0;
        if (!wait_for(POLLIN, ms))
            return NULL;
        n = recv(fd, in + in_len, sizeof(in) - in_len, 0);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            *lost = true;
            return NULL;
        }
        in_len += n > 0 ? (size_t)n : 0;
    }
}

static bool send_request(const char *const *words)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool ok;

    if (!out)
        abort();
    fprintf(out, "\n%s", tag); /* the empty line ends what a client that was killed began */
    for (; *words; words++) {
        fputc(' ', out);
        put_escaped(out, *words);
    }
    fputc('\n', out);
    if (fclose(out))
        abort();
    ok = send_all(text, size);
    free(text);
    return ok;
}

enum hvctl_status link_ask(const char *const *words, void (*line)(char *text, void *ctx), void *ctx,
                           bool quiet)
{
    bool lost = false;
    char *text;

    if (!send_request(words))
        return hvctl_complain(HVCTL_NO_ANSWER, "the machine does not listen");
    while ((text = receive(-1, &lost))) {
        if (!strcmp(text, "ok"))
            return HVCTL_OK;
        if (!strncmp(text, "error ", 6)) {
            if (!quiet)
                hvctl_complain(HVCTL_REFUSED, "%s: %s", words[0], text + 6);
            return HVCTL_REFUSED;
        }
        if (line && !strncmp(text, "- ", 2))
            line(text + 2, ctx);
    }
    return hvctl_complain(HVCTL_NO_ANSWER, lost ? "the machine has ended" : "no answer in time");
}

/* ---- the beginning */

static bool dial(const struct sockaddr_un *to)
{
    if (fd >= 0)
        close(fd);
    in_len = 0;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0;
}

/* QEMU takes the connection before hv-stub is there to read; what it is sent until then is lost. */
static bool greet(void)
{
    static const char *const hello[] = {"hello", NULL};
    bool lost = false;
    const char *text = NULL;

    while (!text && !lost && hvctl_now() < end) {
        if (!send_request(hello))
            return false;
        text = receive(RETRY_MS * 5, &lost);
    }
    return text;
}

/* A new tag: what is left of the greetings' answers is not for us any more. */
static void new_tag(void)
{
    static unsigned int count;

    snprintf(tag, sizeof(tag), "@%x.%u", (unsigned int)getpid(), count++);
}

enum hvctl_status link_open(const char *path, double deadline)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    double begun = hvctl_now();
    struct stat st;

    if (strlen(path) >= sizeof(to.sun_path))
        return hvctl_complain(HVCTL_USAGE, "%s: longer than %zu bytes", path,
                              sizeof(to.sun_path) - 1);
    memcpy(to.sun_path, path, strlen(path) + 1);
    end = deadline;
    new_tag();
    for (;;) {
        if (dial(&to) && greet())
            break;
        if (hvctl_now() >= end || (lstat(path, &st) < 0 && hvctl_now() >= begun + ABSENT_S))
            return hvctl_complain(HVCTL_NO_ANSWER, "%s: nobody answers", path);
        poll(NULL, 0, RETRY_MS);
    }
    new_tag();
    return HVCTL_OK;
}
