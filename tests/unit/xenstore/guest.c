/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

void guest_put(unsigned id, const void *p, uint32_t n)
{
    struct xenstore_domain_interface *r = world_ring(id);

    assert_true(r->req_prod - r->req_cons + n <= XENSTORE_RING_SIZE);
    for (const char *c = p; n--; c++)
        r->req[MASK_XENSTORE_IDX(r->req_prod++)] = *c;
}

void guest_send(unsigned id, uint32_t type, uint32_t tx, const char *body, uint32_t len)
{
    static uint32_t req_id;
    struct xsd_sockmsg m = {.type = type, .req_id = ++req_id, .tx_id = tx, .len = len};

    guest_put(id, &m, sizeof(m));
    while (len) {
        uint32_t n = MIN(len, 500u);

        guest_put(id, body, n);
        body += n;
        len -= n;
        world_kick(id);
    }
    world_kick(id);
}

static bool get(unsigned id, void *p, uint32_t n)
{
    struct xenstore_domain_interface *r = world_ring(id);

    for (char *c = p; n--; c++) {
        if (r->rsp_cons == r->rsp_prod)
            world_kick(id);
        if (r->rsp_cons == r->rsp_prod)
            return false;
        *c = r->rsp[MASK_XENSTORE_IDX(r->rsp_cons++)];
    }
    return true;
}

struct xsd_sockmsg guest_receive(unsigned id, char *body)
{
    struct xsd_sockmsg m;

    if (!get(id, &m, sizeof(m)))
        return (struct xsd_sockmsg){.type = XS_INVALID};
    assert_true(m.len <= XENSTORE_PAYLOAD_MAX);
    assert_true(get(id, body, m.len));
    body[m.len] = 0;
    return m;
}

uint32_t guest_ask(unsigned id, uint32_t type, uint32_t tx, const char *body, uint32_t len,
                   char *reply)
{
    struct xsd_sockmsg m;

    guest_send(id, type, tx, body, len);
    do
        m = guest_receive(id, reply);
    while (m.type == XS_WATCH_EVENT);
    assert_int_not_equal(m.type, XS_INVALID);
    return m.type;
}

void guest_expect(unsigned id, uint32_t type, const char *arg, const char *expected)
{
    char reply[XENSTORE_PAYLOAD_MAX + 1];

    guest_ask(id, type, 0, arg, (uint32_t)strlen(arg) + 1, reply);
    assert_string_equal(reply, expected);
}
