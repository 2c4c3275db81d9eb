/* SPDX-License-Identifier: MIT */
#include "qmp.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../hvrun/prepare.h"

#define RETRY_MS 20

static int fd = -1;
static double end;
static char in[65536];
static size_t in_len;

/* ---- messages: a JSON object each, one a line */

static enum hvctl_status no_answer(void)
{
    return hvctl_complain(HVCTL_NO_ANSWER, "QEMU does not answer");
}

/* The next message; NULL: none by the deadline. The caller's. */
static json_t *receive(void)
{
    for (;;) {
        char *nl = memchr(in, '\n', in_len);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        double left = (end - hvctl_now()) * 1000;
        ssize_t n;

        if (nl) {
            json_t *message = json_loadb(in, (size_t)(nl - in), 0, NULL);

            in_len -= (size_t)(nl + 1 - in);
            memmove(in, nl + 1, in_len);
            if (message)
                return message;
            continue;
        }
        if (left <= 0 || in_len == sizeof(in) || poll(&p, 1, (int)left) <= 0)
            return NULL;
        n = recv(fd, in + in_len, sizeof(in) - in_len, 0);
        if (n == 0 || (n < 0 && errno != EINTR))
            return NULL;
        in_len += n > 0 ? (size_t)n : 0;
    }
}

static bool transmit(json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0;
    bool ok = text && send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len &&
              send(fd, "\n", 1, MSG_NOSIGNAL) == 1;

    free(text);
    return ok;
}

/*
 * Execute a command; @arguments, which may be NULL, are taken over. The answer's "return" or
 * "error" is the caller's, in *answer; the result says which. Events in between are of no interest.
 */
static enum hvctl_status execute(const char *command, json_t *arguments, json_t **answer)
{
    json_t *message = json_pack("{s:s}", "execute", command);
    enum hvctl_status rc = HVCTL_NO_ANSWER;

    *answer = NULL;
    if (arguments)
        json_object_set_new(message, "arguments", arguments);
    if (transmit(message)) {
        json_t *got;

        while (rc == HVCTL_NO_ANSWER && (got = receive())) {
            json_t *good = json_object_get(got, "return"), *bad = json_object_get(got, "error");

            if (good || bad) {
                rc = good ? HVCTL_OK : HVCTL_REFUSED;
                *answer = json_incref(good ? good : bad);
            }
            json_decref(got);
        }
    }
    json_decref(message);
    return rc;
}

/* The same for a command without an answer of interest; complains. */
static enum hvctl_status command(const char *name, json_t *arguments)
{
    json_t *answer;
    enum hvctl_status rc = execute(name, arguments, &answer);

    if (rc == HVCTL_NO_ANSWER)
        no_answer();
    if (rc == HVCTL_REFUSED) {
        const char *why = json_string_value(json_object_get(answer, "desc"));

        hvctl_complain(rc, "QEMU: %s", why ? why : "it does not say why");
    }
    json_decref(answer);
    return rc;
}

/* ---- the beginning */

/* hvrun's --control is a link into the folder where QEMU's sockets are. */
static bool find_socket(const char *path, struct sockaddr_un *to)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof(target) - 1);
    char *slash;

    if (n < 0)
        return false;
    target[n] = '\0';
    slash = strrchr(target, '/');
    return slash && (size_t)snprintf(to->sun_path, sizeof(to->sun_path), "%.*s/" WORK_QMP,
                                     (int)(slash - target), target) < sizeof(to->sun_path);
}

enum hvctl_status qmp_open(const char *path, double deadline)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    json_t *greeting;

    end = deadline;
    if (!find_socket(path, &to))
        return hvctl_complain(HVCTL_REFUSED, "%s: not what hvrun --control made", path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
        return hvctl_complain(HVCTL_NO_ANSWER, "%s: %s", to.sun_path, strerror(errno));
    greeting = receive();
    if (!greeting) /* another hvctl is being served */
        return no_answer();
    json_decref(greeting);
    return command("qmp_capabilities", NULL);
}

/* ---- PCI */

/* Call fn for each device of bus 0 until it returns true. */
static void each_device(bool (*fn)(unsigned int function, const char *id, void *ctx), void *ctx)
{
    json_t *buses = NULL, *device;
    size_t i;

    execute("query-pci", NULL, &buses);
    json_array_foreach(json_object_get(json_array_get(buses, 0), "devices"), i, device)
    {
        int slot = -1, function = -1;
        const char *id = "";

        json_unpack(device, "{s:i, s:i, s:s}", "slot", &slot, "function", &function, "qdev_id",
                    &id);
        if (slot >= 0 && function >= 0 && fn((unsigned int)(slot * 8 + function), id, ctx))
            break;
    }
    json_decref(buses);
}

struct search {
    const char *id;
    int function;
    char *name;
    size_t room;
};

static bool has_id(unsigned int function, const char *id, void *ctx)
{
    struct search *s = ctx;

    if (strcmp(id, s->id))
        return false;
    s->function = (int)function;
    return true;
}

static bool is_at(unsigned int function, const char *id, void *ctx)
{
    struct search *s = ctx;

    if ((int)function != s->function)
        return false;
    snprintf(s->name, s->room, "%s", id);
    return true;
}

int qmp_function(const char *id)
{
    struct search s = {.id = id, .function = -1};

    each_device(has_id, &s);
    return s.function;
}

void qmp_name(unsigned int function, char *id, size_t n)
{
    struct search s = {.function = (int)function, .name = id, .room = n};

    *id = '\0';
    each_device(is_at, &s);
}

/* ---- images */

enum hvctl_status qmp_plug(const struct image *image)
{
    json_t *node = json_pack("{s:s, s:s, s:b, s:{s:b}, s:s, s:{s:s, s:s}}", "driver", image->format,
                             "node-name", image->id, "read-only", (int)image->readonly, "cache",
                             "direct", 0, "discard", image->readonly ? "ignore" : "unmap", "file",
                             "driver", "file", "filename", image->path);
    json_t *answer;
    enum hvctl_status rc;

    json_object_set_new(json_object_get(node, "file"), "read-only", json_boolean(image->readonly));
    rc = command("blockdev-add", node);
    if (rc)
        return rc;
    rc = command("device_add", json_pack("{s:s, s:s, s:s, s:b}", "driver", "virtio-blk-pci", "id",
                                         image->id, "drive", image->id, "write-cache", 1));
    if (rc == HVCTL_REFUSED) {
        execute("blockdev-del", json_pack("{s:s}", "node-name", image->id), &answer);
        json_decref(answer);
    }
    return rc;
}

/* There is no such node if the image was given when the machine started: QEMU forgets it by itself.
 */
static bool forgotten(const json_t *error)
{
    const char *why = json_string_value(json_object_get(error, "desc"));

    return why && strstr(why, "find node");
}

enum hvctl_status qmp_forget(const char *id)
{
    for (;;) {
        json_t *answer = NULL;
        enum hvctl_status rc = HVCTL_REFUSED;
        bool done;

        if (qmp_function(id) < 0)
            rc = execute("blockdev-del", json_pack("{s:s}", "node-name", id), &answer);
        done = rc != HVCTL_REFUSED || forgotten(answer);
        json_decref(answer);
        if (rc == HVCTL_NO_ANSWER || hvctl_now() >= end)
            return no_answer();
        if (done)
            return HVCTL_OK;
        poll(NULL, 0, RETRY_MS);
    }
}
