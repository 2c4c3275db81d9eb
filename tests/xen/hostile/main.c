/* SPDX-License-Identifier: MIT */
/*
 * hostile-backend DOMID vbd|vif FIRST END STEP MS: with each of the seeds FIRST, FIRST+STEP, ...
 * below END make a device for the domain, and attack its driver for MS milliseconds. STEP such
 * programs may run at once, if that divides 12.
 *
 * The first seeds make one move each, later ones several. A line says what was done; the last line
 * sums up.
 */
#include "hostile.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEVICES 12    /* that take turns */
#define LOOK_MS 20    /* between looks at the front-end's state */
#define WELL_MS 10000 /* that the first requests may take */
#define ILL_MS  3000  /* the same if it was attacked from the start */

uint32_t any(struct hostile *h)
{
    uint64_t z = h->random += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (uint32_t)(z >> 32);
}

void fill(struct hostile *h, void *at, unsigned int len)
{
    volatile uint8_t *p = at;

    for (unsigned int i = 0; i < len; i++)
        p[i] = (uint8_t)any(h);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void choose_moves(struct hostile *h, unsigned int seed)
{
    unsigned int n = count_moves(h);

    h->may = 0;
    if (seed < n)
        h->may = 1ull << seed;
    for (unsigned int i = 0; seed >= n && i < n; i++)
        if (often(h, 25))
            h->may |= 1ull << i;
}

static void print_moves(const struct hostile *h)
{
    for (unsigned int i = 0; i < count_moves(h); i++)
        if (h->may >> i & 1)
            printf(" %s", (i < nr_moves ? &moves[i] : &h->kind->moves[i - nr_moves])->name);
}

static void wait_for_event(struct hostile *h)
{
    struct pollfd fd = {xenevtchn_fd(h->events), POLLIN, 0};

    if (poll(&fd, 1, 2) > 0) {
        int port = xenevtchn_pending(h->events);

        if (port >= 0)
            xenevtchn_unmask(h->events, (evtchn_port_t)port);
    }
}

/* As a good back-end does it. */
static void follow(struct hostile *h)
{
    static uint64_t next;
    uint32_t theirs = 0;

    if (now_ms() < next)
        return; /* XenStore has others to serve */
    next = now_ms() + LOOK_MS;
    if (!store_number(h, "", "state", &theirs))
        return;
    h->theirs = theirs;
    if (h->connected || h->vanished)
        return;
    if (h->mine == XenbusStateInitialising)
        store_state(h, XenbusStateInitWait);
    else if (h->mine == XenbusStateInitWait &&
             (theirs == XenbusStateInitialised || theirs == XenbusStateConnected))
        connect_back(h);
    else if ((h->mine == XenbusStateClosed || h->mine == XenbusStateClosing) &&
             theirs == XenbusStateClosed)
        store_state(h, XenbusStateInitWait);
}

/* It is served well for a while, or attacked from the start. */
static void attack(struct hostile *h, unsigned int ms)
{
    bool ill = often(h, 20);
    unsigned long enough = h->requests + (ill ? 0 : 3), before = h->connections;
    uint64_t patience = now_ms() + (ill ? ILL_MS : WELL_MS), end = 0, dead = 0;

    while (!end || now_ms() < end) {
        follow(h);
        wait_for_event(h);
        ring_serve(h);
        if (!end && (now_ms() > patience || (h->connections > before && h->requests >= enough)))
            end = now_ms() + ms;
        if ((end || ill) && often(h, 20))
            make_move(h);
        if (h->theirs < XenbusStateClosing)
            dead = 0;
        else if (!dead)
            dead = now_ms();
        else if (end && now_ms() > dead + ms / 2)
            return; /* it has given the device up */
    }
}

/* By the rules, or all of a sudden, with the pages still mapped or not. */
static void end_device(struct hostile *h)
{
    bool sudden = often(h, 50), late = often(h, 30);

    if (!sudden) {
        store_put(h, "online", "0");
        store_state(h, XenbusStateClosing);
        for (unsigned int i = 0; i < 15 && h->theirs != XenbusStateClosed; i++) {
            if (!store_number(h, "", "state", &h->theirs))
                break;
            ring_serve(h);
            usleep(LOOK_MS * 1000);
        }
    }
    if (late)
        store_remove(h);
    ring_serve(h);
    ring_detach(h);
    ring_release(h);
    store_remove(h);
}

static void one_seed(struct hostile *h, unsigned int seed, unsigned int ms)
{
    unsigned long connections = h->connections, requests = h->requests, made = h->made;

    h->random = seed * 0x2545f4914f6cdd1dull + h->kind->first;
    h->device = h->kind->first + seed % DEVICES * h->kind->step;
    h->connected = h->silent = h->keep = h->vanished = false;
    h->theirs = XenbusStateInitialising;
    choose_moves(h, seed);
    store_make(h);
    attack(h, ms);
    printf("SEED %s %u:", h->kind->type, seed);
    print_moves(h);
    printf("; %lu connections, %lu requests, %lu moves, front-end %u\n",
           h->connections - connections, h->requests - requests, h->made - made, h->theirs);
    fflush(stdout);
    end_device(h);
}

int main(int argc, char **argv)
{
    static char buffer[4096];
    struct hostile h = {0};
    unsigned int seed, end, step, ms, n = 0;

    if (argc != 7) {
        fprintf(stderr, "hostile-backend DOMID vbd|vif FIRST END STEP MS\n");
        return 2;
    }
    h.domid = (unsigned int)atoi(argv[1]);
    h.kind = strcmp(argv[2], "vif") ? &kind_vbd : &kind_vif;
    seed = (unsigned int)atoi(argv[3]);
    end = (unsigned int)atoi(argv[4]);
    step = (unsigned int)atoi(argv[5]);
    ms = (unsigned int)atoi(argv[6]);
    /* Whole lines, with others beside us. */
    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    h.xs = xs_open(0);
    h.events = xenevtchn_open(NULL, 0);
    h.grants = xengnttab_open(NULL, 0);
    if (!h.xs || !h.events || !h.grants) {
        perror("hostile-backend");
        return 1;
    }
    for (; seed < end; seed += step, n++)
        one_seed(&h, seed, ms);
    printf("HOSTILE %s: %u seeds, %lu connections, %lu requests, %lu moves\n", h.kind->type, n,
           h.connections, h.requests, h.made);
    return 0;
}
