/* SPDX-License-Identifier: MIT */
/* Events by queues: wrong pages for them, and pages spoilt while they are in use. In this order. */
#include "hostile.h"

static struct evtchn_fifo_control_block *const control = (void *)spare_page[4];
static uint32_t *const words = (uint32_t *)spare_page[5];

static long event_op(unsigned int cmd, void *arg)
{
    return pvk_raw2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static long init_control(uint64_t gfn, uint32_t offset, uint32_t vcpu)
{
    struct evtchn_init_control c = {.control_gfn = gfn, .offset = offset, .vcpu = vcpu};
    long rc = event_op(EVTCHNOP_init_control, &c);

    return rc ? rc : c.link_bits;
}

static long expand(uint64_t gfn)
{
    struct evtchn_expand_array e = {.array_gfn = gfn};

    return event_op(EVTCHNOP_expand_array, &e);
}

static long set_priority(evtchn_port_t port, uint32_t priority)
{
    struct evtchn_set_priority p = {.port = port, .priority = priority};

    return event_op(EVTCHNOP_set_priority, &p);
}

static evtchn_port_t ipi(void)
{
    struct evtchn_bind_ipi i = {.vcpu = 0};

    return event_op(EVTCHNOP_bind_ipi, &i) ? 0 : i.port;
}

static long send(evtchn_port_t port)
{
    struct evtchn_send s = {.port = port};

    return event_op(EVTCHNOP_send, &s);
}

static long reset(void)
{
    struct evtchn_reset r = {.dom = DOMID_SELF};

    return event_op(EVTCHNOP_reset, &r);
}

/* ---- before the first control block */

static long queue_expand_first(void)
{
    return expand(mfn_of(words));
}

static long queue_priority_first(void)
{
    return set_priority(ipi(), 3);
}

static long queue_control_no_vcpu(void)
{
    return init_control(mfn_of(control), 0, 999);
}

static long queue_control_unaligned(void)
{
    return init_control(mfn_of(control), 4, 0);
}

static long queue_control_across(void)
{
    return init_control(mfn_of(control), 4096 - 64, 0);
}

static long queue_control_no_frame(void)
{
    return init_control(~0ul, 0, 0);
}

static long queue_control_table(void)
{
    return init_control(mfn_of((void *)start->pt_base), 0, 0);
}

/* ---- with one */

static evtchn_port_t early; /* sent before it has a word */

static long queue_control(void)
{
    long rc = init_control(mfn_of(control), 0, 0);

    early = ipi();
    return rc;
}

static long queue_control_twice(void)
{
    return init_control(mfn_of(control), 128, 0);
}

static long queue_array_no_frame(void)
{
    return expand(~0ul);
}

static long queue_array_table(void)
{
    return expand(mfn_of((void *)start->pt_base));
}

static long queue_send_early(void)
{
    return send(early);
}

static long queue_array(void)
{
    long rc = expand(mfn_of(words));

    return rc ? rc : words[early] >> EVTCHN_FIFO_BUSY; /* pending and linked */
}

static long queue_linked(void)
{
    return words[early] >> EVTCHN_FIFO_LINKED; /* other ports may be before it */
}

static long queue_control_as_table(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn_of(control)};

    return pvk_raw4(__HYPERVISOR_mmuext_op, &op, 1, NULL, DOMID_SELF);
}

static long queue_priority_16(void)
{
    return set_priority(early, 16);
}

static long queue_priority_no_port(void)
{
    return set_priority(1u << 30, 3);
}

/* A port that is still on a queue is not given out again. */
static long queue_busy_port(void)
{
    struct evtchn_close c = {.port = early};
    evtchn_port_t p;

    (void)event_op(EVTCHNOP_close, &c);
    p = ipi();
    words[early] = 0;
    return p && p != early && ipi() == early;
}

static long queue_spoilt(void)
{
    long rc = 0;
    uint32_t x = 1;

    for (unsigned int i = 0; i < 20000 && !rc; i++) {
        x = x * 1664525 + 1013904223;
        words[x >> 8 & 15] = x * 5;
        ((uint32_t *)control)[x >> 24 & 15] = x;
        rc = send(early);
    }
    return rc;
}

static long queue_array_full(void)
{
    long rc, n = 0;

    while (!(rc = expand(mfn_of(words))))
        n++;
    return rc == -XEN_ENOSPC ? n : rc;
}

/* Closes the port of a console in a ring, too: not where that is needed. */
static long queue_reset(void)
{
    return has_ring ? 0 : reset();
}

static long queue_expand_after_reset(void)
{
    return has_ring ? -XEN_EOPNOTSUPP : expand(mfn_of(words));
}

#define C(name)            \
    {                      \
#name, name, false \
    }
const struct hostile_case event_cases[] = {
    C(queue_expand_first),
    C(queue_priority_first),
    C(queue_control_no_vcpu),
    C(queue_control_unaligned),
    C(queue_control_across),
    C(queue_control_no_frame),
    C(queue_control_table),
    C(queue_control),
    C(queue_control_twice),
    C(queue_array_no_frame),
    C(queue_array_table),
    C(queue_send_early),
    C(queue_array),
    C(queue_linked),
    C(queue_control_as_table),
    C(queue_priority_16),
    C(queue_priority_no_port),
    C(queue_busy_port),
    C(queue_spoilt),
    C(queue_array_full),
    C(queue_reset),
    C(queue_expand_after_reset),
};
const unsigned int nr_event_cases = ARRAY_SIZE(event_cases);
