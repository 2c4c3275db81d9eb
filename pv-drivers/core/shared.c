/* SPDX-License-Identifier: MIT */
#include "shared.h"

/* ---- XenStore ---- */

/* Strict: what is no number to us is no number, whatever somebody else's parser makes of it. */
static bool parse(const char *text, uint64_t *out)
{
    uint64_t n = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (digit > 9 || n > (~(uint64_t)0 - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}

uint64_t store_number(struct port_dev *dev, const char *key, uint64_t otherwise)
{
    char text[24];
    uint64_t n;

    if (port_store_read(dev, PORT_THEIRS, key, text, sizeof(text)) || !parse(text, &n))
        return otherwise;
    return n;
}

void store_read_fields(struct port_dev *dev, const struct store_field *fields, unsigned int n,
                       void *structure)
{
    for (const struct store_field *f = fields; f < fields + n; f++) {
        uint64_t value = store_number(dev, f->key, f->otherwise);

        if (value > f->most)
            value = f->most;
        __builtin_memcpy((char *)structure + f->offset, &value, f->size); /* little-endian */
    }
}

void key_add(char key[KEY_SIZE], const char *text)
{
    unsigned int at = 0;

    while (key[at])
        at++;
    for (; *text && at < KEY_SIZE - 1; text++)
        key[at++] = *text;
    key[at] = 0;
}

void key_add_number(char key[KEY_SIZE], uint32_t number)
{
    char digits[11] = "", *at = digits + sizeof(digits) - 1;

    for (*at = 0; at == digits + sizeof(digits) - 1 || number; number /= 10)
        *--at = (char)('0' + number % 10);
    key_add(key, at);
}

int store_write_options(struct port_dev *dev, uint32_t tx, const char *prefix,
                        const struct store_option *options, unsigned int n)
{
    int rc = 0;

    for (const struct store_option *o = options; o < options + n && !rc; o++) {
        char key[KEY_SIZE] = "", value[KEY_SIZE] = "";

        key_add(key, prefix);
        key_add(key, o->key);
        key_add_number(value, o->value);
        rc = o->there ? port_store_write(dev, tx, key, value) : port_store_remove(dev, tx, key);
    }
    return rc;
}

/* ---- pages that stay granted ---- */

int pool_open(struct granted_pool *pool, unsigned int most, bool bare)
{
    *pool = (struct granted_pool){.most = most, .bare = bare};
    pool->all = port_alloc(most * sizeof(pool->all[0]));
    return pool->all ? 0 : -XEN_ENOMEM;
}

void pool_close(struct port_dev *dev, struct granted_pool *pool)
{
    for (unsigned int i = 0; !pool->bare && i < pool->nr; i++)
        port_grant_end_free(dev, pool->all[i].grant, pool->all[i].page);
    port_free(pool->all);
    *pool = (struct granted_pool){0};
}

static bool make(struct port_dev *dev, struct granted *g)
{
    g->page = port_page_alloc();
    if (!g->page)
        return false;
    if (!port_grant(dev, g->page, false, &g->grant))
        return true;
    port_page_free(g->page);
    return false;
}

unsigned int pool_grow(struct port_dev *dev, struct granted_pool *pool, unsigned int n)
{
    while (pool->nr_free < n && pool->nr < pool->most) {
        struct granted *g = &pool->all[pool->nr];

        if (!pool->bare && !make(dev, g))
            break;
        pool->nr++;
        pool_put(pool, g);
    }
    return pool->nr_free;
}
