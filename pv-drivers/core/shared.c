/* SPDX-License-Identifier: MIT */
#include "shared.h"

/* ---- state ---- */

#define TO(state) (1u << (state))

static const uint8_t successors[] = {
    [PV_DOWN] = TO(PV_PUBLISHED) | TO(PV_GONE),
    [PV_PUBLISHED] = TO(PV_UP) | TO(PV_STOPPED) | TO(PV_DOWN) | TO(PV_BROKEN),
    [PV_UP] = TO(PV_STOPPED) | TO(PV_DOWN) | TO(PV_BROKEN),
    [PV_STOPPED] = TO(PV_DOWN) | TO(PV_BROKEN),
    [PV_BROKEN] = TO(PV_GONE),
    [PV_GONE] = 0,
};

void front_init(struct front *front, struct port_dev *dev)
{
    front->port = dev;
    front->state = PV_DOWN;
    port_lock_init(&front->lock);
}

bool front_become(struct front *front, enum pv_state state)
{
    unsigned long flags = port_lock(&front->lock);
    bool may = successors[front->state] & TO(state);

    if (may)
        front->state = state;
    port_unlock(&front->lock, flags);
    return may;
}

void front_break(struct front *front, const char *why)
{
    if (front_become(front, PV_BROKEN))
        port_broken(front->port, why);
}

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

uint32_t store_limit(struct port_dev *dev, const char *key, uint32_t otherwise, uint32_t most)
{
    uint64_t n = store_number(dev, key, otherwise);

    return n < most ? (uint32_t)n : most;
}

void key_add(char key[KEY_SIZE], const char *text, uint32_t number)
{
    unsigned int at = 0, digits = 1;

    while (key[at])
        at++;
    for (; *text && at < KEY_SIZE - 12; text++)
        key[at++] = *text;
    if (number != NO_NUMBER) {
        for (uint32_t n = number; n > 9; n /= 10)
            digits++;
        for (unsigned int i = digits; i-- > 0; number /= 10)
            key[at + i] = (char)('0' + number % 10);
        at += digits;
    }
    key[at] = 0;
}

void key_queue(char key[KEY_SIZE], unsigned int nr_queues, unsigned int queue, const char *name)
{
    key[0] = 0;
    if (nr_queues > 1) {
        key_add(key, "queue-", queue);
        key_add(key, "/", NO_NUMBER);
    }
    key_add(key, name, NO_NUMBER);
}

int store_put(struct port_dev *dev, uint32_t tx, const char *key, uint32_t value)
{
    char text[KEY_SIZE] = "";

    key_add(text, "", value);
    return port_store_write(dev, tx, key, text);
}

int store_option(struct port_dev *dev, uint32_t tx, const char *key, uint32_t value, bool there)
{
    return there ? store_put(dev, tx, key, value) : port_store_remove(dev, tx, key);
}

/* ---- memory of rings ---- */

int ring_mem_open(struct port_dev *dev, struct ring_mem *mem, unsigned int order)
{
    unsigned int n = 0, pages = 1u << order;
    int rc = 0;

    mem->pages = port_pages_alloc(order);
    if (!mem->pages)
        return -XEN_ENOMEM;
    mem->order = order;
    for (; n < pages && !rc; n++)
        rc = port_grant(dev, port_page_next(mem->pages, n), false, &mem->grants[n]);
    if (!rc)
        return 0;
    for (unsigned int i = 0; i < pages; i++) {
        if (i + 1 < n)
            port_grant_end_free(dev, mem->grants[i], port_page_next(mem->pages, i));
        else
            port_page_free(port_page_next(mem->pages, i));
    }
    mem->pages = NULL;
    return rc;
}

void ring_mem_close(struct port_dev *dev, struct ring_mem *mem)
{
    for (unsigned int i = 0; mem->pages && i < 1u << mem->order; i++)
        port_grant_end_free(dev, mem->grants[i], port_page_next(mem->pages, i));
    mem->pages = NULL;
}

int ring_mem_publish(struct port_dev *dev, uint32_t tx, const struct ring_mem *mem, const char *key)
{
    int rc = 0;

    for (unsigned int i = 0; !rc && i < 1u << mem->order; i++) {
        char name[KEY_SIZE] = "";

        key_add(name, key, mem->order ? i : NO_NUMBER);
        rc = store_put(dev, tx, name, mem->grants[i].ref);
    }
    return rc;
}
