/* SPDX-License-Identifier: MIT */
/* What a toolstack does for a domain in the store: the nodes xl makes for a PV guest, with the
 * permissions it gives them, and their removal. */
#include "xs.h"

#define PLATFORM "control/platform-feature-"

struct entry {
    const char *name;
    const char *value; /* NULL: a directory */
};

/* Owned by the domain itself. */
static const struct entry own[] = {
    {"control/shutdown", ""},
    {"control/feature-poweroff", ""},
    {"control/feature-reboot", ""},
    {"control/feature-suspend", ""},
    {"control/sysrq", ""},
    {"device/suspend/event-channel", ""},
    {"data", NULL},
    {"drivers", NULL},
    {"feature", NULL},
    {"attr", NULL},
    {"error", NULL},
};

/* Domain 0's, the domain may read. */
static const struct entry fixed[] = {
    {PLATFORM "multiprocessor-suspend", "1"},
    {PLATFORM "xs_reset_watches", "1"},
    {"console/limit", "1048576"},
    {"console/type", "xenconsoled"},
    {"console/output", "pty"},
    {"console/tty", ""},
    {"console/backend-id", "0"},
};

/* A mistake here leaves a domain without a node; the first error is kept. */
static void note(int *rc, int err)
{
    if (!*rc)
        *rc = err;
}

static void make(int *rc, const char *top, const struct entry *e)
{
    char path[96];

    hv_snprintf(path, sizeof(path), "%s/%s", top, e->name);
    note(rc, e->value ? hv_xenstore_write(path, e->value) : hv_xenstore_mkdir(path));
}

static void number(int *rc, const char *top, const char *name, uint64_t value)
{
    char path[96];

    hv_snprintf(path, sizeof(path), "%s/%s", top, name);
    note(rc, hv_xenstore_printf(path, "%lu", (unsigned long)value));
}

static void text(int *rc, const char *top, const char *name, const char *value)
{
    make(rc, top, &(struct entry){name, value});
}

/* "pvkit" and the number: the same in every run. */
static void vm_path(struct domain *d, char *path, char *uuid)
{
    static const xen_domain_handle_t zero;
    uint8_t *h = d->handle;
    int at = 0;

    if (!memcmp(h, zero, sizeof(zero))) {
        memcpy(h, "pvkit", 5);
        h[6] = 0x40; /* version 4, variant 1 */
        h[8] = 0x80;
        h[15] = (uint8_t)d->id;
    }
    for (unsigned i = 0; i < sizeof(zero); i++)
        at += hv_snprintf(uuid + at, 8, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                          h[i]);
    hv_snprintf(path, 48, "/vm/%s", uuid);
}

static void describe(int *rc, struct domain *d, const char *top)
{
    char path[48], uuid[40];

    vm_path(d, path, uuid);
    note(rc, hv_xenstore_mkdir(path));
    note(rc, hv_xenstore_set_perms(path, 0, 'n', d->id, 'r'));
    text(rc, path, "uuid", uuid);
    text(rc, path, "name", d->name);
    text(rc, path, "image/ostype", d->kind == DOMAIN_PV ? "linux" : "hvm");
    text(rc, top, "vm", path);
    text(rc, top, "name", d->name);
    number(rc, top, "domid", d->id);
    number(rc, top, "memory/static-max", d->max_pages * (PAGE_SIZE / 1024));
    number(rc, top, "memory/target", d->tot_pages * (PAGE_SIZE / 1024));
}

static void connect(int *rc, struct domain *d, const char *top)
{
    if (!d->store_frame)
        return;
    number(rc, top, "store/port", d->store_port);
    number(rc, top, "store/ring-ref", d->store_mfn.v);
    number(rc, top, "console/port", d->console_port);
    number(rc, top, "console/ring-ref", d->console_mfn.v);
}

static int populate(struct domain *d)
{
    char top[24], path[96];
    int rc;

    hv_snprintf(top, sizeof(top), "/local/domain/%u", d->id);
    rc = hv_xenstore_mkdir(top);
    note(&rc, hv_xenstore_set_perms(top, 0, 'n', d->id, 'r'));
    describe(&rc, d, top);
    for (unsigned i = 0; i < ARRAY_SIZE(fixed); i++)
        make(&rc, top, &fixed[i]);
    connect(&rc, d, top);
    for (uint32_t i = 0; i < d->nr_vcpus; i++) {
        hv_snprintf(path, sizeof(path), "%s/cpu/%u", top, i);
        text(&rc, path, "availability", "online");
    }
    for (unsigned i = 0; i < ARRAY_SIZE(own); i++) {
        make(&rc, top, &own[i]);
        hv_snprintf(path, sizeof(path), "%s/%s", top, own[i].name);
        note(&rc, hv_xenstore_set_perms(path, d->id, 'n', d->id, 'n'));
    }
    return rc;
}

/* The root, and what every XenStore begins with. */
static int begin(void)
{
    struct xs_perm nobody = {0, 0};
    struct xs_parts root = {.path = "/", .path_len = 1, .nr_perms = 1, .perm = &nobody};
    int rc = xs_ring_start(0, NULL);

    if (rc)
        return rc;
    xs_enter();
    rc = -xs_replace(xs_conns[0], &root);
    xs_leave();
    note(&rc, hv_xenstore_mkdir("/tool"));
    text(&rc, "/local/domain/0", "name", "Domain-0");
    text(&rc, "/local/domain/0", "domid", "0");
    text(&rc, "/local/pool/0", "name", "Pool-0");
    return rc;
}

static void fire(const char *special)
{
    xs_enter();
    if (xs_conns[0])
        xs_fire(xs_conns[0], special, NULL, NULL, true);
    xs_leave();
    xs_flush();
}

int hv_xenstore_domain_start(struct domain *d)
{
    int rc = xs_conns[0] ? 0 : begin();

    if (!rc)
        rc = xs_ring_start(d->id, d);
    if (!rc)
        rc = populate(d);
    fire("@introduceDomain");
    return rc;
}

void hv_xenstore_domain_resume(struct domain *d)
{
    char top[24];
    int rc = 0;

    hv_snprintf(top, sizeof(top), "/local/domain/%u", d->id);
    xs_ring_restart(d);
    connect(&rc, d, top);
    fire("@introduceDomain");
}

void hv_xenstore_domain_end(struct domain *d)
{
    char path[48], uuid[40];
    bool known = xs_conns[d->id];
    struct xs_node *n;

    xs_ring_end(d);
    if (!known)
        return;
    hv_snprintf(path, sizeof(path), "/local/domain/%u", d->id);
    hv_xenstore_rm(path);
    vm_path(d, path, uuid);
    hv_xenstore_rm(path);
    xs_enter();
    while ((n = xs_db_owned(d->id)) != NULL) /* what it made in the trees of others */
        if (xs_remove(xs_conns[0], xs_node_path(n)))
            break;
    xs_leave();
    fire("@releaseDomain");
}
