/* SPDX-License-Identifier: MIT */
/* Queues of events (the FIFO ABI), private to core/. */
#ifndef CORE_EVTCHN_FIFO_H
#define CORE_EVTCHN_FIFO_H

#include "evtchn.h"

#define FIFO_WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define FIFO_MAX_PAGES      (EVTCHN_FIFO_NR_CHANNELS / FIFO_WORDS_PER_PAGE)

/* The queues of one vcpu. Head and links are the guest's and only ever written; tails are ours. */
struct fifo_vcpu {
    struct evtchn_fifo_control_block *block; /* NULL: the guest has not said yet where */
    evtchn_port_t tail[EVTCHN_FIFO_MAX_QUEUES];
};

/* Pages are given under event_lock and stay until evtchn_fifo_end(). Of each of them and of each
 * control block we hold a reference and the type FT_WRITABLE. */
struct evtchn_fifo {
    spinlock_t lock; /* tails, and linking; inside of event locks, outside of run queues */
    uint32_t nr_pages;
    event_word_t *page[FIFO_MAX_PAGES];
    struct fifo_vcpu vcpu[HV_MAX_VCPUS];
};
_Static_assert(sizeof(struct evtchn_fifo) <= PAGE_SIZE, "a page for each domain that wants it");

/* The word of a port; NULL while the guest has not given the page it is on. */
static inline event_word_t *fifo_word(const struct evtchn_fifo *f, evtchn_port_t port)
{
    uint32_t page = port / FIFO_WORDS_PER_PAGE;

    if (page >= __atomic_load_n(&f->nr_pages, __ATOMIC_ACQUIRE))
        return NULL;
    return &f->page[page][port % FIFO_WORDS_PER_PAGE];
}

#endif
