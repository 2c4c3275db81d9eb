/* SPDX-License-Identifier: MIT */
/*
 * A guest does what the fuzzer says with a block device of its own: any requests, indices, grants,
 * nodes and states, at any time, and a disk that ends requests in any order. Afterwards everything
 * has to be given back.
 */
#include "front.h"

#include <stdio.h>
#include <stdlib.h>

#include "hv_job.h"
#include "xenbus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *at, *end;

static uint8_t next(void)
{
    return at < end ? *at++ : 0;
}

static uint32_t word(void)
{
    uint32_t v = next();

    return v & 0x80 ? v | (uint32_t)next() << 8 | (uint32_t)next() << 24 : v;
}

static grant_ref_t ref(void)
{
    uint8_t v = next();

    if (v < 128)
        return FRONT_REF + v % FRONT_PAGES;
    return v < 240 ? FRONT_RO_REF + v % FRONT_PAGES : 290 + v;
}

static struct blkif_request_segment segment(void)
{
    uint8_t v = next();

    return (struct blkif_request_segment){ref(), v & 7, v >> 4};
}

/* Well-formed enough to get somewhere. */
static void request(unsigned r)
{
    union {
        struct blkif_request rw;
        struct blkif_request_discard d;
        struct blkif_request_indirect i;
    } u;
    uint8_t v = next();

    memset(&u, 0, sizeof(u));
    u.rw.operation = v & 7;
    u.rw.id = word();
    u.rw.sector_number = word();
    u.rw.nr_segments = v >> 3 & 15;
    if (u.rw.operation == BLKIF_OP_DISCARD) {
        u.d.flag = v >> 7;
        u.d.nr_sectors = word();
    } else if (u.rw.operation == BLKIF_OP_INDIRECT) {
        struct blkif_request_segment *seg = (void *)front_page(FRONT_PAGES - 1);

        u.i.indirect_op = next() & 3;
        u.i.nr_segments = (uint16_t)(word() & 127);
        for (unsigned i = 0; i < u.i.nr_segments && i < 80; i++)
            seg[i] = segment();
        u.i.indirect_grefs[0] = next() & 1 ? FRONT_REF + FRONT_PAGES - 1 : ref();
    } else {
        for (unsigned i = 0; i < u.rw.nr_segments && i < 11; i++)
            u.rw.seg[i] = segment();
    }
    front_put(r, &u);
    if (v & 0x80)
        front_push(r);
}

static void scribble(unsigned r)
{
    uint32_t *p = (uint32_t *)front_sring(r);
    unsigned i = next();

    p[i % 4 + (i & 64 ? i : 0)] += word();
}

static void change_grant(void)
{
    grant_entry_v1_t *e = &front_grants[ref() % 512];
    uint8_t v = next();

    if (v & 1)
        e->flags = next();
    if (v & 2)
        e->domid = v & 4;
    if (v & 8)
        e->frame = word() % (FAKE_RAM_FRAMES + 2);
}

static void change_node(void)
{
    static const char *const names[] = {
        "state",
        "ring-page-order",
        "multi-queue-num-queues",
        "ring-ref",
        "ring-ref0",
        "event-channel",
        "queue-0/event-channel",
        "queue-1/ring-ref",
        "queue-1/ring-ref1",
        "protocol",
        "queue-0/ring-ref0",
        "backend",
    };
    static const char *const values[] = {"0", "1",   "2",   "3",   "4",          "5",
                                         "6", "300", "301", "303", "x86_64-abi", "junk"};
    uint8_t v = next();

    front_write(names[(v >> 4) % ARRAY_SIZE(names)], values[(v & 15) % ARRAY_SIZE(values)]);
}

static void disk(uint8_t v)
{
    front_disk_keeps = v & 1;
    front_disk.instant = v & 0x80;
    while (front_nr_kept && (v >>= 1))
        front_end_kept(v % front_nr_kept, v & 8 ? -XEN_EIO : 0);
}

static void step(void)
{
    uint8_t what = next();
    unsigned r = what >> 4 & 3;

    if (!front_rings[r].pages)
        r = 0;
    switch (what & 15) {
    case 0:
        scribble(r);
        break;
    case 1:
        change_grant();
        break;
    case 2:
        change_node();
        break;
    case 3:
        front_publish(what >> 4 & 3, 1 + (what >> 6 & 3));
        break;
    case 4:
        front_set_state(what >> 4);
        break;
    case 5:
        xenbus_restart(xenbus_devices);
        break;
    case 6:
    case 7:
        disk(next());
        break;
    case 8:
        front_settle();
        break;
    case 9:
        front_push(r);
        front_notify(r);
        break;
    default:
        request(r);
    }
    if (what & 0x80)
        front_notify(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    at = data;
    end = data + size;
    front_start(next() & 1);
    (void)world_domain(1, 256); /* or the machine would end */
    front_publish(next() & 3, 1 + (next() & 3));
    for (unsigned n = 0; at < end && n < 400; n++)
        step();
    domain_shutdown(front, SHUTDOWN_poweroff);
    fake_exit();
    for (unsigned n = 0; n < 100 && !front->released; n++) {
        disk(0xfe);
        domain_reap_check();
        front_settle();
    }
    if (front_nr_kept || !front->released || strstr(fake_uart[0], "audit: ")) {
        fputs(fake_uart[0], stderr);
        abort();
    }
    return 0;
}
