/* SPDX-License-Identifier: MIT */
/*
 * A processor and hypervisor that a test controls, in place of hypercall/include/pvkit/arch.h.
 * Before and after every atomic operation, barrier and hypercall the library calls fake_step, the
 * places where another processor could act.
 */
#ifndef PVKIT_ARCH_H
#define PVKIT_ARCH_H

#include <pvkit/xen.h>

extern void (*fake_step)(void);
extern long (*fake_hypercall)(unsigned long number, const unsigned long *args);
extern uint64_t (*fake_tsc)(void);

/* All off: no steps, every hypercall returns -XEN_ENOSYS, the counter stands at 0. */
void fake_reset(void);

long fake_raw(unsigned long number, unsigned long a1, unsigned long a2, unsigned long a3,
              unsigned long a4, unsigned long a5);

#define FAKE_ARG(a) ((unsigned long)(a))

#define pvk_raw0(nr)             fake_raw(nr, 0, 0, 0, 0, 0)
#define pvk_raw1(nr, a)          fake_raw(nr, FAKE_ARG(a), 0, 0, 0, 0)
#define pvk_raw2(nr, a, b)       fake_raw(nr, FAKE_ARG(a), FAKE_ARG(b), 0, 0, 0)
#define pvk_raw3(nr, a, b, c)    fake_raw(nr, FAKE_ARG(a), FAKE_ARG(b), FAKE_ARG(c), 0, 0)
#define pvk_raw4(nr, a, b, c, d) fake_raw(nr, FAKE_ARG(a), FAKE_ARG(b), FAKE_ARG(c), FAKE_ARG(d), 0)

__attribute__((noreturn)) void pvk_arch_iret(struct iret_context *frame);

PVK_INLINE void fake_around(void)
{
    if (fake_step)
        fake_step();
}

PVK_INLINE void pvk_arch_barrier(void)
{
    fake_around();
}

PVK_INLINE void pvk_arch_rmb(void)
{
    fake_around();
}

PVK_INLINE void pvk_arch_wmb(void)
{
    fake_around();
}

PVK_INLINE void pvk_arch_mb(void)
{
    fake_around();
}

PVK_INLINE void pvk_arch_relax(void)
{
    fake_around();
}

PVK_INLINE uint64_t pvk_arch_tsc(void)
{
    fake_around();
    return fake_tsc();
}

PVK_INLINE xen_ulong_t pvk_arch_xchg(xen_ulong_t *word, xen_ulong_t value)
{
    xen_ulong_t old;

    fake_around();
    old = *word;
    *word = value;
    fake_around();
    return old;
}

PVK_INLINE void pvk_arch_or(xen_ulong_t *word, xen_ulong_t mask)
{
    fake_around();
    *word |= mask;
    fake_around();
}

PVK_INLINE void pvk_arch_set_bit(xen_ulong_t *word, unsigned int bit)
{
    pvk_arch_or(word, (xen_ulong_t)1 << bit);
}

PVK_INLINE bool pvk_arch_test_and_clear_bit(xen_ulong_t *word, unsigned int bit)
{
    bool old;

    fake_around();
    old = *word >> bit & 1;
    *word &= ~((xen_ulong_t)1 << bit);
    fake_around();
    return old;
}

PVK_INLINE void pvk_arch_clear_bit(xen_ulong_t *word, unsigned int bit)
{
    pvk_arch_test_and_clear_bit(word, bit);
}

PVK_INLINE bool pvk_arch_test_and_set_bit(xen_ulong_t *word, unsigned int bit)
{
    bool old;

    fake_around();
    old = *word >> bit & 1;
    *word |= (xen_ulong_t)1 << bit;
    fake_around();
    return old;
}

PVK_INLINE bool pvk_arch_cmpxchg(uint64_t *word, uint64_t *expected, uint64_t value)
{
    fake_around();
    if (*word != *expected) {
        *expected = *word;
        return false;
    }
    *word = value;
    return true;
}

#endif
