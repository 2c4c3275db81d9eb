/* SPDX-License-Identifier: MIT */
/* Requests: one function per operation of xen/io/xs_wire.h. Results are positive XEN_E* numbers; 0:
 * the function has replied. */
#include "xs.h"

/* A path as the client gave it, made absolute; one request at a time uses it, under the lock. */
static char path[XENSTORE_PAYLOAD_MAX + 40];

static int ack(struct xs_conn *c)
{
    xs_reply(c, "OK", 3);
    return 0;
}

/* ---- arguments */

/* The string at `at`, NULL if it does not end within the payload. *next is behind its 0. */
static const char *string_at(const struct xs_conn *c, uint32_t at, uint32_t *next)
{
    for (uint32_t i = at; i < c->in.len; i++)
        if (!c->in_body[i]) {
            *next = i + 1;
            return c->in_body + at;
        }
    return NULL;
}

/* The payload is one string and nothing else. */
static const char *only_string(const struct xs_conn *c)
{
    uint32_t end;
    const char *s = string_at(c, 0, &end);

    return s && end == c->in.len ? s : NULL;
}

static uint32_t count_strings(const struct xs_conn *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < c->in.len; i++)
        n += !c->in_body[i];
    return n;
}

/* As atoi(): no number is 0. */
static uint32_t number(const char *s)
{
    uint32_t n = 0;
    bool minus;

    while (*s == ' ')
        s++;
    minus = *s == '-';
    for (s += minus || *s == '+'; *s >= '0' && *s <= '9'; s++)
        n = n * 10 + (uint32_t)(*s - '0');
    return minus ? -n : n;
}

/* Into path[]; false: no name was given. */
static bool absolute(const struct xs_conn *c, const char *name)
{
    size_t at = 0;

    if (!name)
        return false;
    if (name[0] != '/' && name[0] != '@')
        at = (size_t)hv_snprintf(path, sizeof(path), "/local/domain/%u/", c->id);
    strcpy_n(path + at, name, sizeof(path) - at);
    return true;
}

static struct xs_node *get(struct xs_conn *c, const char *name, unsigned want, int *err)
{
    *err = XEN_EINVAL;
    return absolute(c, name) ? xs_get(c, path, want, err) : NULL;
}

/* ---- reading */

static int do_read(struct xs_conn *c)
{
    int err;
    struct xs_node *n = get(c, only_string(c), XS_MAY_READ, &err);

    if (!n)
        return err;
    xs_reply(c, xs_node_data(n), n->data_len);
    return 0;
}

static int do_directory(struct xs_conn *c)
{
    int err;
    struct xs_node *n = get(c, only_string(c), XS_MAY_READ, &err);

    if (!n)
        return err;
    xs_reply(c, xs_node_children(n), n->child_len);
    return 0;
}

/* Generation of the node, then as many names from an offset on as fit; an empty one ends them. */
static int do_directory_part(struct xs_conn *c)
{
    static char out[XENSTORE_PAYLOAD_MAX];
    uint32_t at, len, off;
    struct xs_node *n;
    int err;

    if (count_strings(c) != 2)
        return XEN_EINVAL;
    n = get(c, c->in_body, XS_MAY_READ, &err);
    if (!n)
        return err;
    off = number(c->in_body + strlen(c->in_body) + 1);
    at = (uint32_t)hv_snprintf(out, sizeof(out), "%lu", (unsigned long)n->generation) + 1;
    while (off < n->child_len) {
        const char *name = xs_node_children(n) + off;

        len = (uint32_t)strlen(name) + 1;
        if (at + len >= sizeof(out))
            break;
        memcpy(out + at, name, len);
        at += len;
        off += len;
    }
    if (off >= n->child_len)
        out[at++] = 0;
    xs_reply(c, out, at);
    return 0;
}

static int do_get_perms(struct xs_conn *c)
{
    static const char letter[] = {'n', 'r', 'w', 'b'};
    static char out[XS_PERMS_ROOM * 8];
    uint32_t at = 0;
    int err;
    struct xs_node *n = get(c, only_string(c), XS_MAY_READ, &err);

    if (!n)
        return err;
    for (uint32_t i = 0; i < n->nr_perms; i++)
        at += (uint32_t)hv_snprintf(out + at, sizeof(out) - at, "%c%u", letter[n->perm[i].may & 3],
                                    n->perm[i].id) +
              1;
    xs_reply(c, out, at);
    return 0;
}

/* ---- changing */

static int do_write(struct xs_conn *c)
{
    uint32_t at = 0;
    const char *name = string_at(c, 0, &at);
    struct xs_node *n;
    struct xs_parts p;
    int err;

    n = get(c, name, XS_MAY_WRITE, &err);
    if (n) {
        p = xs_parts_of(n);
        p.data = c->in_body + at;
        p.data_len = c->in.len - at;
        err = xs_replace(c, &p);
    } else if (err == XEN_ENOENT) {
        err = xs_create(c, path, c->in_body + at, c->in.len - at);
    }
    if (err)
        return err;
    xs_fire(c, path, xs_view(c, path, strlen(path), &err), NULL, false);
    return ack(c);
}

static int do_mkdir(struct xs_conn *c)
{
    int err;

    if (get(c, only_string(c), XS_MAY_WRITE, &err))
        return ack(c);
    if (err == XEN_ENOENT)
        err = xs_create(c, path, NULL, 0);
    if (err)
        return err;
    xs_fire(c, path, xs_view(c, path, strlen(path), &err), NULL, false);
    return ack(c);
}

static int do_rm(struct xs_conn *c)
{
    int err, ignored;

    if (!get(c, only_string(c), XS_MAY_WRITE, &err)) {
        /* Not there is as good as removed, if it could be there. */
        if (err == XEN_ENOENT && xs_view(c, path, xs_parent_len(path, strlen(path)), &ignored))
            return ack(c);
        return err;
    }
    if (!path[1])
        return XEN_EINVAL;
    err = xs_remove(c, path);
    return err ? err : ack(c);
}

/* "r5": a letter and a domain's number. */
static bool parse_perm(const char *s, struct xs_perm *p)
{
    static const char letter[] = {'n', 'r', 'w', 'b'};
    const char *end;
    uint64_t id;

    for (p->may = 0; letter[p->may] != s[0]; p->may++)
        if (p->may == 3)
            return false;
    id = str_to_u64(s + 1, &end);
    p->id = (uint16_t)id;
    return end != s + 1 && !*end && id < DOMID_FIRST_RESERVED;
}

/* Those of domains that are not there are left out. */
static int parse_perms(const struct xs_conn *c, uint32_t given, struct xs_perm *perm, uint32_t *nr)
{
    uint32_t at = (uint32_t)strlen(c->in_body) + 1;

    *nr = 0;
    for (uint32_t i = 0; i < given; i++) {
        struct xs_perm p;

        if (!parse_perm(c->in_body + at, &p))
            return XEN_EINVAL;
        at += (uint32_t)strlen(c->in_body + at) + 1;
        if (p.id == 0 || (p.id < HV_MAX_DOMAINS && xs_conns[p.id]))
            perm[(*nr)++] = p;
        else if (i == 0)
            return XEN_ENOENT;
    }
    return 0;
}

static int do_set_perms(struct xs_conn *c)
{
    uint32_t strings = count_strings(c), nr;
    struct xs_perm perm[XS_PERMS_ROOM];
    _Alignas(8) char room[sizeof(struct xs_node) + XS_PERMS_ROOM * sizeof(struct xs_perm)];
    struct xs_node *was = (struct xs_node *)room;
    struct xs_parts p;
    struct xs_node *n;
    int err;

    if (strings < 2)
        return XEN_EINVAL;
    if (strings - 1 > (xs_privileged(c) ? XS_PERMS_ROOM : XS_MAX_PERMS))
        return XEN_ENOSPC;
    c->in_body[c->in.len] = 0; /* what follows the last string does not count */
    err = parse_perms(c, strings - 1, perm, &nr);
    if (err)
        return err;
    if (c->in_body[0] == '@') /* hv-stub alone may know of domains */
        return XEN_EACCES;
    n = get(c, c->in_body, XS_MAY_WRITE | XS_OWNS, &err);
    if (!n)
        return err;
    if (!xs_privileged(c) && perm[0].id != n->perm[0].id)
        return XEN_EPERM;
    p = xs_parts_of(n);
    p.perm = perm;
    p.nr_perms = nr;
    was->nr_perms = n->nr_perms;
    memcpy(was->perm, n->perm, n->nr_perms * sizeof(n->perm[0]));
    err = xs_replace(c, &p);
    if (err)
        return err;
    /* Who lost the right to see it still learns of that. */
    xs_fire(c, path, xs_view(c, path, strlen(path), &err), was, false);
    return ack(c);
}

/* ---- watches */

/* Path into path[], the token is returned; NULL: not what a watch needs. */
static const char *watch_args(const struct xs_conn *c)
{
    uint32_t at, end;
    const char *name = string_at(c, 0, &at), *token = name ? string_at(c, at, &end) : NULL;

    return token && count_strings(c) == 2 && absolute(c, name) ? token : NULL;
}

static int do_watch(struct xs_conn *c)
{
    const char *token = watch_args(c);
    bool special = token && path[0] == '@';
    int err;

    if (!token || (special ? strlen(path) > XENSTORE_REL_PATH_MAX : !xs_path_valid(path)))
        return XEN_EINVAL;
    err = xs_watch_add(c, path, !special && c->in_body[0] != '/', token, NULL, NULL);
    if (err)
        return err;
    ack(c);
    xs_watch_first_event(c);
    return 0;
}

static int do_unwatch(struct xs_conn *c)
{
    const char *token = watch_args(c);
    int err = token ? xs_watch_remove(c, path, token) : XEN_EINVAL;

    return err ? err : ack(c);
}

static int do_reset_watches(struct xs_conn *c)
{
    xs_watch_drop_all(c);
    xs_tx_drop_all(c);
    return ack(c);
}

/* ---- transactions, domains */

static int do_tx_start(struct xs_conn *c)
{
    char text[16];
    uint32_t id;
    int err = xs_tx_start(c, &id);

    if (!err)
        xs_reply(c, text, (uint32_t)hv_snprintf(text, sizeof(text), "%u", id) + 1);
    return err;
}

static int do_tx_end(struct xs_conn *c)
{
    const char *how = only_string(c);
    int err;

    if (!how || (how[0] != 'T' && how[0] != 'F') || how[1])
        return XEN_EINVAL;
    err = xs_tx_end(c, how[0] == 'T');
    return err ? err : ack(c);
}

static int do_domain_path(struct xs_conn *c)
{
    const char *id = only_string(c);

    if (!id)
        return XEN_EINVAL;
    xs_reply(c, path,
             (uint32_t)hv_snprintf(path, sizeof(path), "/local/domain/%u", number(id)) + 1);
    return 0;
}

/* For the toolstack, whose part hv-stub itself plays without messages. */
static int do_privileged(struct xs_conn *c)
{
    return XEN_EACCES;
}

static const struct op {
    int (*fn)(struct xs_conn *c);
    bool no_tx; /* the transaction's number does not matter */
} ops[XS_TYPE_COUNT] = {
    [XS_CONTROL] = {do_privileged, true},
    [XS_DIRECTORY] = {do_directory, false},
    [XS_READ] = {do_read, false},
    [XS_GET_PERMS] = {do_get_perms, false},
    [XS_WATCH] = {do_watch, true},
    [XS_UNWATCH] = {do_unwatch, true},
    [XS_TRANSACTION_START] = {do_tx_start, false},
    [XS_TRANSACTION_END] = {do_tx_end, false},
    [XS_INTRODUCE] = {do_privileged, true},
    [XS_RELEASE] = {do_privileged, true},
    [XS_GET_DOMAIN_PATH] = {do_domain_path, false},
    [XS_WRITE] = {do_write, false},
    [XS_MKDIR] = {do_mkdir, false},
    [XS_RM] = {do_rm, false},
    [XS_SET_PERMS] = {do_set_perms, false},
    [XS_IS_DOMAIN_INTRODUCED] = {do_privileged, true},
    [XS_RESUME] = {do_privileged, true},
    [XS_SET_TARGET] = {do_privileged, true},
    [XS_RESET_WATCHES] = {do_reset_watches, false},
    [XS_DIRECTORY_PART] = {do_directory_part, false},
};

static int dispatch(struct xs_conn *c)
{
    const struct op *op = c->in.type < XS_TYPE_COUNT ? &ops[c->in.type] : NULL;

    if (!op || !op->fn)
        return XEN_ENOSYS;
    if (!op->no_tx && c->in.tx_id) {
        c->tx = xs_tx_find(c, c->in.tx_id);
        if (!c->tx)
            return XEN_ENOENT;
    }
    return op->fn(c);
}

void xs_request(struct xs_conn *c)
{
    int err;

    c->tx = NULL;
    err = dispatch(c);
    c->tx = NULL;
    if (err)
        xs_reply_error(c, err);
}
