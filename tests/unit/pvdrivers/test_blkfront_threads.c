/* SPDX-License-Identifier: MIT */
/* Threads that submit, and one that is back-end, event handler and whoever connects, all at once.
 */
#include <pthread.h>
#include <sched.h>

#include "blk_unit.h"

enum { THREADS = 3, DEPTH = 12, ROUNDS = 400, EACH = SECTORS / (THREADS * DEPTH) };

static unsigned int finished;

static bool ready(struct request *r)
{
    return __atomic_load_n(&r->done, __ATOMIC_ACQUIRE);
}

static void set_done(struct pv_blk_io *io, int error)
{
    struct request *r = (struct request *)io;

    assert_int_equal(fake_locks, 0);
    r->error = error;
    __atomic_store_n(&r->done, 1, __ATOMIC_RELEASE);
}

/* Writes of all sizes into a region of its own; what was written last must be there. */
static void *submitter(void *arg)
{
    unsigned int self = (unsigned int)(uintptr_t)arg, ignored = 0;
    struct request *r[DEPTH];

    for (unsigned int i = 0; i < DEPTH; i++) {
        r[i] = request(PV_BLK_WRITE, (uint64_t)(self * DEPTH + i) * EACH, EACH, 1, i % 8);
        r[i]->io.done = set_done;
        r[i]->done = 1;
    }
    for (unsigned int n = 0; n < ROUNDS * DEPTH; n++) {
        struct request *one = r[n % DEPTH];

        while (!ready(one))
            sched_yield();
        assert_int_equal(one->error, 0);
        pattern(memory(one) + 512 * (n % DEPTH % 8), one->io.sector, EACH, n);
        one->done = 0;
        pv_blk_submit(blk, self, &one->io);
        if (n % 5 == 0 || n % DEPTH == DEPTH - 1)
            pv_blk_kick(blk, self);
        if (n % 17 == 0)
            pv_blk_poll(blk, self, &ignored);
    }
    for (unsigned int i = 0; i < DEPTH; i++) {
        while (!ready(r[i]))
            sched_yield();
        assert_int_equal(r[i]->error, 0);
        assert_memory_equal(memory(r[i]) + 512 * (i % 8), back.disk + r[i]->io.sector * 512,
                            EACH * 512);
        release(r[i]);
    }
    __atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void serve_some(void)
{
    for (unsigned int q = 0; q < back.nr_queues; q++) {
        unsigned int n = back_take(&back, q);

        for (unsigned int k = n ? (unsigned int)rand() % (n + 1) : 0; k > 0; k--)
            back_answer(&back, q, (unsigned int)rand() % back.queue[q].nr_taken);
        back_push(&back, q);
    }
}

static void test_threads(void **state)
{
    pthread_t thread[THREADS];
    unsigned int turns = 0, restarts = 0;

    srand(7);
    start(THREADS, 0, 64);
    bring_up();
    finished = 0;
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, submitter, (void *)i);
    while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < THREADS) {
        serve_some();
        if (++turns % 500 == 0) {
            take_down();
            back_offer(&back, dev, SECTORS, restarts % 3, 1 + restarts % 4, restarts % 2 * 64);
            bring_up();
            restarts++;
        }
    }
    for (unsigned int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_true(restarts > 0);
    assert_null(dev->broken);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
