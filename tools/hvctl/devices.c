/* SPDX-License-Identifier: MIT */
/* What disks and network cards have in common: directories in the store, and how they go. */
#include "devices.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS  20
#define PATIENCE 10.0 /* seconds that xl waits for a front-end, too */
/* By force too, it is told first: Linux waits for ever for who takes no requests any more, unless
 * it knows that the device is dead. */
#define GRACE     2.0
#define MAX_NAMES 32

/* As it was sent: what stands in nodes of ours needs no escapes, and what a guest wrote keeps them.
 */
static void copy(char *text, void *ctx)
{
    snprintf(ctx, 128, "%s", text);
}

static void read_below(const char *dir, const char *which, const char *node, char *value, size_t n)
{
    char path[192], all[128] = "";
    const char *ask[] = {"xs-read", path, NULL};

    snprintf(path, sizeof(path), "%s/%s/%s", dir, which, node);
    link_ask(ask, copy, all, true);
    snprintf(value, n, "%s", all);
}

/* "vbd/51728" is vbd/1/51728 of the back-ends. */
static void back_path(char *path, size_t n, const struct domain *d, const char *which)
{
    const char *slash = strchr(which, '/');

    snprintf(path, n, "/local/domain/0/backend/%.*s/%u%s", (int)(slash - which), which, d->id,
             slash);
}

void device_node(const struct domain *d, const char *which, const char *node, char *value, size_t n)
{
    char path[96], *slash;

    back_path(path, sizeof(path), d, which);
    slash = strrchr(path, '/');
    *slash = '\0';
    read_below(path, slash + 1, node, value, n);
}

void device_front_node(const struct domain *d, const char *which, const char *node, char *value,
                       size_t n)
{
    char path[64];

    snprintf(path, sizeof(path), "/local/domain/%u/device", d->id);
    read_below(path, which, node, value, n);
}

/* ---- all of a kind */

struct names {
    size_t n;
    char *name[MAX_NAMES];
};

static void take_name(char *text, void *ctx)
{
    struct names *names = ctx;

    link_unescape(text);
    if (names->n < MAX_NAMES)
        names->name[names->n++] = strdup(text);
}

enum hvctl_status device_each(const struct domain *d, const char *kind,
                              bool (*fn)(const struct domain *d, const char *number, void *ctx),
                              void *ctx)
{
    struct names names = {.n = 0};
    char path[64];
    const char *ask[] = {"xs-ls", path, NULL};
    enum hvctl_status rc;
    bool found = false;

    snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", kind, d->id);
    rc = link_ask(ask, take_name, &names, true);
    for (size_t i = 0; i < names.n; i++) {
        found = found || fn(d, names.name[i], ctx);
        free(names.name[i]);
    }
    return rc == HVCTL_NO_ANSWER ? rc : HVCTL_OK; /* that there is no directory is an answer */
}

/* ---- finding one */

struct search {
    const char *kind, *node, *name;
    int (*compare)(const char *, const char *);
    char *which;
};

static bool is_called(const struct domain *d, const char *number, void *ctx)
{
    struct search *s = ctx;
    char which[DEVICE_BYTES], value[32];

    snprintf(which, sizeof(which), "%s/%s", s->kind, number);
    device_node(d, which, s->node, value, sizeof(value));
    if (s->compare(value, s->name) && strcmp(number, s->name))
        return false;
    snprintf(s->which, DEVICE_BYTES, "%s", which);
    return true;
}

enum hvctl_status device_find(const struct domain *d, const char *kind, const char *node,
                              int (*compare)(const char *, const char *), const char *name,
                              char which[DEVICE_BYTES])
{
    struct search s = {kind, node, name, compare, which};

    *which = '\0';
    return device_each(d, kind, is_called, &s);
}

/* ---- detaching */

static bool is_gone(const struct domain *d, const char *which)
{
    char path[96];
    const char *ask[] = {"xs-ls", path, NULL};

    back_path(path, sizeof(path), d, which);
    return link_ask(ask, NULL, NULL, true) == HVCTL_REFUSED;
}

/* Have it go in the way of @how, "force" or NULL, within @seconds. */
static enum hvctl_status detach(const struct device_call *c, const char *which, const char *how,
                                double seconds)
{
    double patience = hvctl_now() + seconds;
    char id[16];
    enum hvctl_status rc;

    if (patience > c->deadline)
        patience = c->deadline;
    snprintf(id, sizeof(id), "%u", c->d->id);
    rc = link_ask_words(NULL, NULL, "detach", id, which, how);
    while (!rc && !is_gone(c->d, which)) {
        if (hvctl_now() >= patience)
            return HVCTL_NO_ANSWER;
        poll(NULL, 0, POLL_MS);
    }
    return rc;
}

enum hvctl_status device_detach(const struct device_call *c, const char *which, bool force)
{
    enum hvctl_status rc = detach(c, which, NULL, force ? GRACE : PATIENCE);

    if (rc == HVCTL_NO_ANSWER && force && hvctl_now() < c->deadline)
        rc = detach(c, which, "force", PATIENCE);
    return rc;
}
