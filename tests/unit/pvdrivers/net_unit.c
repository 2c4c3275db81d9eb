/* SPDX-License-Identifier: MIT */
#include "net_unit.h"

struct port_dev *dev;
struct netback back;
struct pv_net *net;
struct nb_frame taken;

/* What came back and what came in. */
unsigned int sent_good, sent_bad, received, events, answers;
bool apart;
struct nb_frame got;
struct pv_net_frame got_frame;
bool poll_at_once;

static void on_receive(void *data, unsigned int queue, const struct pv_net_frame *frame)
{
    got.len = 0;
    for (unsigned int i = 0; i < frame->nr_bufs; i++) {
        assert_true(frame->bufs[i].offset + frame->bufs[i].len <= 4096);
        memcpy(got.data + got.len, (char *)frame->bufs[i].page + frame->bufs[i].offset,
               frame->bufs[i].len);
        got.len += frame->bufs[i].len;
    }
    assert_int_equal(got.len, frame->len);
    got_frame = *frame;
    received++;
}

static void on_sent(void *data, unsigned int queue, void *cookie, bool good)
{
    assert_int_equal(fake_locks, 0);
    *(unsigned int *)cookie += 1;
    sent_good += good;
    sent_bad += !good;
}

void poll_all(void)
{
    unsigned int n = 0;

    for (unsigned int q = 0; q < pv_net_info(net)->queues; q++)
        while (pv_net_poll(net, q, 16, &n))
            ;
}

static bool on_event(void *data, unsigned int queue)
{
    unsigned int n = 0;

    events++;
    while (poll_at_once && pv_net_poll(net, queue, 16, &n))
        ;
    return true;
}

const struct pv_net_ops net_ops = {on_receive, on_sent, on_event, NULL};

static bool on_answered(void *data, unsigned int queue)
{
    answers++;
    return poll_at_once && pv_net_reap(net, queue);
}

static const struct pv_net_ops apart_ops = {on_receive, on_sent, on_event, on_answered};

void begin(unsigned int queues, bool split)
{
    struct pv_net_config config = {queues, split, true, apart ? &apart_ops : &net_ops, NULL};

    dev = fake_dev_new();
    memset(&back, 0, sizeof(back));
    sent_good = sent_bad = received = events = answers = 0;
    poll_at_once = true;
    nb_offer(&back, dev, 4, true);
    snprintf(dev->ours[0].key, sizeof(dev->ours[0].key), "mac");
    snprintf(dev->ours[0].value, sizeof(dev->ours[0].value), "00:16:3e:0A:b0:ff");
    net = pv_net_new(dev, &config);
    assert_non_null(net);
}

void bring_up(void)
{
    assert_int_equal(pv_publish(pv_net_front(net), 0), 0);
    assert_true(nb_connect(&back));
    assert_int_equal(pv_connect(pv_net_front(net)), 0);
    assert_int_equal(pv_state(pv_net_front(net)), PV_UP);
}

void start(unsigned int queues, bool split)
{
    begin(queues, split);
    bring_up();
}

void end(void)
{
    pv_stop(pv_net_front(net));
    nb_disconnect(&back);
    pv_disconnect(pv_net_front(net));
    pv_free(pv_net_front(net));
    fake_dev_free(dev);
    assert_int_equal(fake_pages, 0);
    assert_int_equal(fake_memory, 0);
    assert_int_equal(fake_events, 0);
}

/* ---- sending ---- */

/* Memory to send from: 20 pages with a pattern. */
struct port_page *memory;
unsigned int returned;

void make_memory(void)
{
    memory = port_pages_alloc(5);
    for (unsigned int i = 0; i < 32 * 4096; i++)
        ((uint8_t *)memory)[i] = (uint8_t)(i * 7 + i / 256);
    returned = 0;
}

void drop_memory(void)
{
    for (unsigned int i = 0; i < 32; i++)
        port_page_free(port_page_next(memory, i));
}

int send_frame(uint32_t offset, uint32_t len, enum pv_net_gso gso)
{
    struct port_buf buf = {memory, offset, len};
    struct pv_net_frame frame = {.bufs = &buf, .nr_bufs = 1, .gso = gso};

    frame.csum_blank = gso != PV_NET_GSO_NONE;
    frame.gso_size = gso ? 1448 : 0;
    return pv_net_send(net, 0, &frame, &returned);
}

uint8_t bytes[70000];

void deliver(unsigned int queue, uint32_t len, uint32_t piece, uint16_t flags, uint16_t gso)
{
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 3 + len);
    nb_deliver(&back, queue, bytes, len, piece, flags, gso);
}
