/* SPDX-License-Identifier: MIT */
/*
 * Two guests do what the fuzzer says with their store pages: any bytes, any indices, and requests
 * that are well-formed enough to get somewhere. Afterwards everything has to be given back.
 */
#include "world.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *at, *end;

static uint8_t next(void)
{
    return at < end ? *at++ : 0;
}

static void put(struct xenstore_domain_interface *r, const void *p, uint32_t n)
{
    for (const char *c = p; n--; c++)
        r->req[MASK_XENSTORE_IDX(r->req_prod++)] = *c;
}

static void raw(struct xenstore_domain_interface *r)
{
    for (uint32_t n = next(); n--;)
        r->req[MASK_XENSTORE_IDX(r->req_prod++)] = (char)next();
}

/* Names from a few, so that they meet. */
static void request(struct xenstore_domain_interface *r)
{
    static const char *const words[] = {
        "data",
        "data/a",
        "data/a/b",
        "data/a/b/c",
        "/local/domain/1/data/a",
        "name",
        "/",
        "T",
        "F",
        "t",
        "n1",
        "n2",
        "b1",
        "r2",
        "@releaseDomain",
        "",
        "0",
        "/local/domain/2/data",
    };
    char body[256];
    struct xsd_sockmsg m = {.type = next() % (XS_TYPE_COUNT + 1)};

    m.tx_id = next() % 4;
    for (uint32_t n = next() % 4; n--;) {
        const char *w = words[next() % ARRAY_SIZE(words)];

        memcpy(body + m.len, w, strlen(w) + 1);
        m.len += (uint32_t)strlen(w) + 1;
    }
    put(r, &m, sizeof(m));
    put(r, body, m.len);
}

static void indices(struct xenstore_domain_interface *r)
{
    uint32_t *idx[] = {&r->req_cons, &r->req_prod,   &r->rsp_cons,
                       &r->rsp_prod, &r->connection, &r->error};
    uint32_t *p = idx[next() % ARRAY_SIZE(idx)];

    *p = next() & 1 ? *p + next() : (uint32_t)next() << 24 | (uint32_t)next() << 8 | next();
}

static void step(void)
{
    uint8_t what = next();
    unsigned id = 1 + (what & 1);
    struct xenstore_domain_interface *r = world_ring(id);

    switch (what >> 1 & 7) {
    case 0:
        raw(r);
        break;
    case 1:
        indices(r);
        break;
    case 2:
        r->connection = XENSTORE_RECONNECT;
        break;
    case 3: /* the other end reads */
        r->rsp_cons = r->rsp_prod;
        break;
    default:
        request(r);
    }
    if (what & 0xe0)
        world_kick(id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    at = data;
    end = data + size;
    world_start(2);
    while (at < end)
        step();
    if (!world_end() || xs_memory_used(1) || xs_memory_used(2) || xs_nodes_owned(1))
        abort();
    return 0;
}
