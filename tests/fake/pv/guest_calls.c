/* SPDX-License-Identifier: MIT */
/* What a guest calls, carried through to the end: interrupted batches are issued again. */
#include "pvfake.h"
#include "handlers.h"

#define DONE_AT (FAKE_ARG_BYTES - 8)

typedef long (*call_fn)(uint64_t, uint64_t, uint64_t, uint64_t);

/* The count of an interrupted batch is in memory that the guest's other calls leave alone. */
static bool in_between(void)
{
    uint8_t done[8];
    bool go_on;

    memcpy(done, fake_arg + DONE_AT, sizeof(done));
    go_on = fake_between();
    memcpy(fake_arg + DONE_AT, done, sizeof(done));
    return go_on;
}

static long call(call_fn fn, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    long rc;

    for (;;) {
        fake_continued = false;
        rc = fn(a1, a2, a3, a4);
        if (!fake_continued)
            return rc;
        a1 = fake_args[0];
        a2 = fake_args[1];
        a3 = fake_args[2];
        a4 = fake_args[3];
        if (fake_between && !in_between())
            return 1;
    }
}

static long batch(call_fn fn, const void *list, size_t bytes, unsigned n, unsigned *done,
                  uint32_t foreign)
{
    long rc;

    if (bytes)
        memcpy(fake_arg, list, bytes);
    memset(fake_arg + DONE_AT, 0, 4);
    rc = call(fn, (uint64_t)fake_arg, n, done ? (uint64_t)(fake_arg + DONE_AT) : 0, foreign);
    if (done)
        memcpy(done, fake_arg + DONE_AT, 4);
    return rc;
}

long g_update_va(uint64_t va, uint64_t val, uint64_t flags)
{
    return call((call_fn)(void *)hc_update_va_mapping, va, val, flags, 0);
}

long g_mmu_update(const struct mmu_update *u, unsigned n, unsigned *done, uint32_t foreign)
{
    return batch(hc_mmu_update, u, n * sizeof(*u), n, done, foreign);
}

long g_mmu_one(uint64_t ptr, uint64_t val)
{
    struct mmu_update u = {.ptr = ptr, .val = val};

    return g_mmu_update(&u, 1, NULL, DOMID_SELF);
}

long g_mmuext(const struct mmuext_op *op, unsigned n, unsigned *done, uint32_t foreign)
{
    return batch(hc_mmuext_op, op, n * sizeof(*op), n, done, foreign);
}

long g_ext(unsigned cmd, uint64_t mfn)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = mfn;
    return g_mmuext(&op, 1, NULL, DOMID_SELF);
}

long g_grant(unsigned cmd, void *list, unsigned n)
{
    return call((call_fn)(void *)hc_grant_table_op, cmd, (uint64_t)list, n, 0);
}

long g_memory_op(uint64_t cmd, void *arg)
{
    return call((call_fn)(void *)hc_memory_op, cmd, (uint64_t)arg, 0, 0);
}
