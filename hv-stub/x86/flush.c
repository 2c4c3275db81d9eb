/* SPDX-License-Identifier: MIT */
/*
 * TLB flushes, here and on other CPUs.
 *
 * Each CPU has a pair of counters: `want` is raised by whoever needs a flush there, `done` follows
 * it. The requester interrupts the target only when it looks caught up, and waits for `done` while
 * answering requests to itself, as every spinning CPU does (arch_spin_poll): two CPUs that flush
 * each other, or one that spins on a lock the requester holds, cannot block each other.
 *
 * Skipping the interrupt is safe: a target that is behind either has not entered flush_serve() yet,
 * or looks at `want` again after its store to `done` (both sides have a full barrier between their
 * store and their load).
 */
#include "hv.h"
#include "apic.h"
#include "cpu.h"
#include "smp.h"
#include "tlb.h"

struct flush_slot {
    uint32_t want, done;
} __attribute__((aligned(64)));

static struct flush_slot slots[HV_MAX_CPUS];

void arch_flush_tlb_local(void)
{
    tlb_note_flush();
    write_cr3(read_cr3()); /* nothing is global: CR4.PGE is off */
}

void arch_flush_page_local(uint64_t va)
{
    invlpg(va);
}

void flush_serve(void)
{
    struct flush_slot *s = &slots[this_cpu()];
    uint32_t want;

    while ((want = __atomic_load_n(&s->want, __ATOMIC_ACQUIRE)) != s->done) {
        arch_flush_tlb_local();
        (void)__atomic_exchange_n(&s->done, want, __ATOMIC_SEQ_CST);
    }
}

void arch_spin_poll(void)
{
    const struct flush_slot *s = &slots[this_cpu()];

    if (unlikely(READ_ONCE(s->want) != READ_ONCE(s->done)))
        flush_serve();
    smp_check_halt();
}

/* Ask `cpu` for a flush; returns what its `done` must reach. */
static uint32_t request(uint32_t cpu)
{
    struct flush_slot *s = &slots[cpu];
    uint32_t old = __atomic_fetch_add(&s->want, 1, __ATOMIC_SEQ_CST);

    if (__atomic_load_n(&s->done, __ATOMIC_SEQ_CST) == old)
        apic_send_vector(percpu_area[cpu].apic_id, VEC_FLUSH);
    return old + 1;
}

static void flush_others(uint64_t mask)
{
    uint32_t until[HV_MAX_CPUS];

    for (uint64_t m = mask; m; m &= m - 1) {
        uint32_t cpu = (uint32_t)__builtin_ctzll(m);

        until[cpu] = request(cpu);
    }
    for (uint64_t m = mask; m; m &= m - 1) {
        uint32_t cpu = (uint32_t)__builtin_ctzll(m);

        while ((int32_t)(__atomic_load_n(&slots[cpu].done, __ATOMIC_ACQUIRE) - until[cpu]) < 0) {
            arch_spin_poll();
            arch_relax();
        }
    }
}

void arch_flush_tlb_mask(uint64_t cpu_mask)
{
    uint64_t self = 1ull << this_cpu();

    if (cpu_mask & self)
        arch_flush_tlb_local();
    cpu_mask &= cpus_online & ~self;
    if (cpu_mask)
        flush_others(cpu_mask);
}

void arch_flush_page_mask(uint64_t va, uint64_t cpu_mask)
{
    uint64_t self = 1ull << this_cpu();

    if (cpu_mask & self)
        arch_flush_page_local(va);
    cpu_mask &= cpus_online & ~self;
    if (cpu_mask)
        flush_others(cpu_mask); /* one kind of request: everything goes */
}
