/* SPDX-License-Identifier: MIT */
/* Requests for nodes and transactions, each one blocking call. */
#include <pvkit/arch.h>
#include <pvkit/xenstore.h>

#include "string.h"

/* "dir/name" with its 0, in up to three pieces; returns how many. */
static unsigned int path_parts(struct pvk_xs_part *p, const char *dir, const char *name)
{
    if (!name) {
        p[0] = (struct pvk_xs_part){dir, str_size(dir)};
        return 1;
    }
    p[0] = (struct pvk_xs_part){dir, str_size(dir) - 1};
    p[1] = (struct pvk_xs_part){"/", 1};
    p[2] = (struct pvk_xs_part){name, str_size(name)};
    return 3;
}

static int path_call(struct pvk_xs *xs, uint32_t type, uint32_t tx, const char *dir,
                     const char *name, char *reply, uint32_t room, uint32_t *len)
{
    struct pvk_xs_part parts[3];

    return pvk_xs_call(xs, type, tx, parts, path_parts(parts, dir, name), reply, room, len);
}

int pvk_xs_read(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name, char *value,
                uint32_t room)
{
    uint32_t len = 0;
    int rc = path_call(xs, XS_READ, tx, dir, name, value, room - 1, &len);

    value[rc ? 0 : len] = 0;
    return rc;
}

int pvk_xs_read_number(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name,
                       uint64_t *value)
{
    char text[21];
    int rc = pvk_xs_read(xs, tx, dir, name, text, sizeof(text));
    uint64_t n = 0;

    if (rc)
        return rc == -XEN_E2BIG ? -XEN_EINVAL : rc;
    for (const char *s = text; *s; s++) {
        uint64_t digit = (uint64_t)(*s - '0');

        if (digit > 9 || n > (~0ull - digit) / 10)
            return -XEN_EINVAL;
        n = n * 10 + digit;
    }
    if (!text[0])
        return -XEN_EINVAL;
    *value = n;
    return 0;
}

int pvk_xs_write(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name,
                 const char *value)
{
    struct pvk_xs_part parts[4];
    unsigned int n = path_parts(parts, dir, name);

    parts[n] = (struct pvk_xs_part){value, str_size(value) - 1};
    return pvk_xs_call(xs, XS_WRITE, tx, parts, n + 1, NULL, 0, NULL);
}

int pvk_xs_write_number(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name,
                        uint64_t value)
{
    char text[21];
    unsigned int at = sizeof(text) - 1;

    text[at] = 0;
    do
        text[--at] = (char)('0' + value % 10);
    while (value /= 10);
    return pvk_xs_write(xs, tx, dir, name, text + at);
}

int pvk_xs_mkdir(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name)
{
    return path_call(xs, XS_MKDIR, tx, dir, name, NULL, 0, NULL);
}

int pvk_xs_rm(struct pvk_xs *xs, uint32_t tx, const char *dir, const char *name)
{
    return path_call(xs, XS_RM, tx, dir, name, NULL, 0, NULL);
}

int pvk_xs_directory(struct pvk_xs *xs, uint32_t tx, const char *dir, char *names, uint32_t room,
                     uint32_t *len)
{
    return path_call(xs, XS_DIRECTORY, tx, dir, NULL, names, room, len);
}

int pvk_xs_begin(struct pvk_xs *xs, uint32_t *tx)
{
    struct pvk_xs_part nothing = {"", 1};
    char text[16];
    uint32_t len = 0, id = 0;
    int rc = pvk_xs_call(xs, XS_TRANSACTION_START, 0, &nothing, 1, text, sizeof(text), &len);

    for (uint32_t i = 0; !rc && i < len && text[i] >= '0' && text[i] <= '9'; i++)
        id = id * 10 + (uint32_t)(text[i] - '0');
    *tx = id;
    return !rc && !id ? -XEN_EIO : rc;
}

int pvk_xs_end(struct pvk_xs *xs, uint32_t tx, bool commit)
{
    struct pvk_xs_part how = {commit ? "T" : "F", 2};

    return pvk_xs_call(xs, XS_TRANSACTION_END, tx, &how, 1, NULL, 0, NULL);
}

int pvk_xs_transact(struct pvk_xs *xs, int (*fn)(struct pvk_xs *xs, uint32_t tx, void *data),
                    void *data, unsigned int tries)
{
    int rc = -XEN_EAGAIN;

    while (rc == -XEN_EAGAIN && tries--) {
        uint32_t tx;

        rc = pvk_xs_begin(xs, &tx);
        if (rc)
            return rc;
        rc = fn(xs, tx, data);
        if (rc)
            pvk_xs_end(xs, tx, false);
        else
            rc = pvk_xs_end(xs, tx, true);
    }
    return rc;
}
