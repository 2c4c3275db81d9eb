/* SPDX-License-Identifier: MIT */
#include "hostile.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct hostile *h, const char *folder, const char *key, const char *value)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/%s", folder, key);
    xs_write(h->xs, XBT_NULL, path, value, (unsigned int)strlen(value));
}

void store_put(struct hostile *h, const char *key, const char *format, ...)
{
    char value[400];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    put(h, h->back, key, value);
}

void store_put_front(struct hostile *h, const char *key, const char *value)
{
    put(h, h->front, key, value);
}

static void make_folder(struct hostile *h, const char *path, unsigned int owner,
                        unsigned int reader)
{
    struct xs_permissions perms[2] = {{.id = owner, .perms = XS_PERM_NONE},
                                      {.id = reader, .perms = XS_PERM_READ}};

    xs_mkdir(h->xs, XBT_NULL, path);
    xs_set_permissions(h->xs, XBT_NULL, path, perms, 2);
}

/* The kind's name in the path is not one that Linux has a back-end for. */
void store_make(struct hostile *h)
{
    char value[24];

    snprintf(h->front, sizeof(h->front), "/local/domain/%u/device/%s/%u", h->domid, h->kind->type,
             h->device);
    snprintf(h->back, sizeof(h->back), "/local/domain/0/backend/hostile-%s/%u/%u", h->kind->type,
             h->domid, h->device);
    make_folder(h, h->back, 0, h->domid);
    store_put(h, "frontend", "%s", h->front);
    store_put(h, "frontend-id", "%u", h->domid);
    store_put(h, "online", "1");
    for (const struct node *n = h->kind->nodes; n->key; n++)
        store_put(h, n->key, "%s", n->good);
    store_state(h, XenbusStateInitialising);
    make_folder(h, h->front, h->domid, 0);
    put(h, h->front, "backend-id", "0");
    snprintf(value, sizeof(value), "%u", h->device);
    put(h, h->front, "virtual-device", value);
    put(h, h->front, "handle", value);
    put(h, h->front, "device-type", "disk");
    h->kind->describe(h);
    put(h, h->front, "backend", h->back);
    put(h, h->front, "state", "1"); /* from here on the front-end has a device */
}

void store_remove(struct hostile *h)
{
    xs_rm(h->xs, XBT_NULL, h->front);
    xs_rm(h->xs, XBT_NULL, h->back);
}

bool store_number(struct hostile *h, const char *prefix, const char *key, uint32_t *number)
{
    char path[160], *text, *end;
    unsigned int len;

    snprintf(path, sizeof(path), "%s/%s%s", h->front, prefix, key);
    text = xs_read(h->xs, XBT_NULL, path, &len);
    if (!text)
        return false;
    *number = (uint32_t)strtoul(text, &end, 10);
    free(text);
    return true;
}

void store_state(struct hostile *h, unsigned int state)
{
    h->mine = state;
    store_put(h, "state", "%u", state);
}

const char *absurd(struct hostile *h)
{
    static const char long_one[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    static const char *const values[] = {"0",
                                         "1",
                                         "2",
                                         "3",
                                         "7",
                                         "99",
                                         "511",
                                         "513",
                                         "1024",
                                         "4095",
                                         "4096",
                                         "4097",
                                         "-1",
                                         "",
                                         "2147483647",
                                         "2147483648",
                                         "4294967295",
                                         "4294967296",
                                         "%s%n",
                                         "0x10",
                                         "1 ",
                                         "\xff",
                                         "1000000000",
                                         "36028797018963967",
                                         "8",
                                         "garbage",
                                         "12",
                                         "255",
                                         "256",
                                         "65535",
                                         "9223372036854775807",
                                         "18446744073709551615",
                                         "18446744073709551616",
                                         "18014398509481983",
                                         long_one};

    return values[below(h, sizeof(values) / sizeof(values[0]))];
}
