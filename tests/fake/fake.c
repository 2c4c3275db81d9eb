/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "fake.h"

#define MAX_MAPS 16

struct map {
    uintptr_t start, end;
    bool writable;
};

struct fake_cpu fake_cpus[HV_MAX_CPUS];
__thread uint32_t fake_this_cpu;
uint8_t *fake_ram;
uint64_t fake_ns;
uint32_t nr_cpus;
uint64_t arch_tsc_hz = 1000000000;
int fake_context_result, fake_create_result;
bool fake_physmap_race;
void (*fake_guest)(struct vcpu *v);
void (*fake_irq)(void);
void (*fake_jobs)(void), (*fake_lazy_jobs)(void);
void (*fake_idle)(void);
char fake_uart[3][65536];

static size_t uart_len[3];
static const char *typed = "", *asked = "";
static struct map maps[MAX_MAPS];
static unsigned nr_maps;
static jmp_buf *ending;

void fake_reset(uint32_t cpus)
{
    if (!fake_ram)
        fake_ram = aligned_alloc(PAGE_SIZE, FAKE_RAM_FRAMES * PAGE_SIZE);
    memset(fake_ram, 0, FAKE_RAM_FRAMES * PAGE_SIZE);
    memset(fake_cpus, 0, sizeof(fake_cpus));
    for (uint32_t i = 0; i < HV_MAX_CPUS; i++)
        fake_cpus[i].deadline = ~0ull;
    memset(fake_uart, 0, sizeof(fake_uart));
    memset(uart_len, 0, sizeof(uart_len));
    typed = asked = "";
    nr_maps = 0;
    nr_cpus = cpus;
    fake_this_cpu = 0;
    fake_ns = 0;
    fake_context_result = fake_create_result = 0;
    fake_physmap_race = false;
    fake_guest = NULL;
    fake_irq = NULL;
    fake_jobs = fake_lazy_jobs = NULL;
    fake_idle = NULL;
}

void fake_be(uint32_t cpu)
{
    fake_this_cpu = cpu;
}

void fake_enter(struct vcpu *v)
{
    fake_cpus[fake_this_cpu].current = v;
}

/* ---- time and CPUs */

uint64_t arch_tsc(void)
{
    return __atomic_load_n(&fake_ns, __ATOMIC_RELAXED);
}

void arch_time_scale(uint32_t *mul, int8_t *shift)
{
    *mul = 1u << 31;
    *shift = 1;
}

void arch_timer_set(uint64_t deadline_ns)
{
    fake_cpus[fake_this_cpu].deadline = deadline_ns;
}

void arch_work_send(uint32_t cpu, uint32_t bits)
{
    __atomic_fetch_or(&fake_cpus[cpu].work, bits, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&fake_cpus[cpu].kicks, 1, __ATOMIC_SEQ_CST);
}

void arch_spin_poll(void)
{
}

void arch_irq_window(void)
{
    if (fake_irq)
        fake_irq();
}

void fake_exit(void)
{
    struct fake_cpu *c = &fake_cpus[fake_this_cpu];

    for (;;) {
        uint32_t work = __atomic_exchange_n(&c->work, 0, __ATOMIC_SEQ_CST);
        struct vcpu *prev = c->current, *next;

        if (work & WORK_TIMER)
            timers_run();
        if ((work & WORK_JOB) && fake_jobs)
            fake_jobs();
        if (!(work & (WORK_RESCHED | WORK_KILL))) {
            if (!work_pending())
                return;
            continue;
        }
        if (prev && READ_ONCE(prev->pause) && fake_lazy_jobs)
            fake_lazy_jobs();
        if (!prev && fake_idle)
            fake_idle();
        next = sched_pick(prev);
        if (next != prev) {
            c->current = NULL;
            if (prev)
                sched_saved(prev);
            c->current = next;
            if (next)
                vcpu_switched_in(next);
        }
    }
}

/* The CPU whose timer fires next, before `end`; -1: none. */
static int next_cpu(uint64_t end)
{
    int best = -1;

    for (uint32_t i = 0; i < nr_cpus; i++)
        if (fake_cpus[i].deadline < end &&
            (best < 0 || fake_cpus[i].deadline < fake_cpus[best].deadline))
            best = (int)i;
    return best;
}

/* Every CPU with work does it, until none has any. */
static void settle(void)
{
    for (uint32_t i = 0; i < nr_cpus; i++) {
        fake_this_cpu = i;
        if (!work_pending())
            continue;
        fake_exit();
        if (fake_guest && current_vcpu())
            fake_guest(current_vcpu());
        i = ~0u; /* it may have given others work */
    }
}

void fake_run(uint64_t ns)
{
    uint32_t me = fake_this_cpu;
    uint64_t end = fake_ns + ns;
    int cpu;

    settle();
    while ((cpu = next_cpu(end)) >= 0) {
        if (fake_cpus[cpu].deadline > fake_ns)
            fake_ns = fake_cpus[cpu].deadline;
        fake_cpus[cpu].deadline = ~0ull;
        __atomic_fetch_or(&fake_cpus[cpu].work, WORK_TIMER, __ATOMIC_SEQ_CST);
        settle();
    }
    fake_ns = end;
    fake_this_cpu = me;
}

/* ---- guest memory */

static void add_map(const void *p, size_t n, bool writable)
{
    if (nr_maps == MAX_MAPS)
        abort();
    maps[nr_maps++] = (struct map){(uintptr_t)p, (uintptr_t)p + n, writable};
}

void fake_map(const void *p, size_t n)
{
    add_map(p, n, true);
}

void fake_map_ro(const void *p, size_t n)
{
    add_map(p, n, false);
}

void fake_unmap_all(void)
{
    nr_maps = 0;
}

/* How many of n bytes at a can be accessed. */
static size_t accessible(uintptr_t a, size_t n, bool write)
{
    for (unsigned i = 0; i < nr_maps; i++)
        if (a >= maps[i].start && a < maps[i].end && (maps[i].writable || !write))
            return MIN(n, maps[i].end - a);
    return 0;
}

size_t arch_guest_read(void *dst, gva_t src, size_t n)
{
    size_t ok = accessible(src.v, n, false);

    if (ok)
        memcpy(dst, (const void *)src.v, ok);
    return n - ok;
}

size_t arch_guest_write(gva_t dst, const void *src, size_t n)
{
    size_t ok = accessible(dst.v, n, true);

    if (ok)
        memcpy((void *)dst.v, src, ok);
    return n - ok;
}

bool fake_multicall_fetch(gva_t entry, uint64_t *op, uint64_t args[6])
{
    struct multicall_entry e;

    if (arch_guest_read(&e, entry, sizeof(e)))
        return false;
    *op = e.op;
    memcpy(args, e.args, sizeof(e.args));
    return true;
}

bool fake_multicall_result(gva_t entry, uint64_t result)
{
    return !arch_guest_write(GVA(entry.v + offsetof(struct multicall_entry, result)), &result,
                             sizeof(result));
}

/* ---- domains and vcpus */

int arch_domain_create(struct domain *d)
{
    return 0;
}

int arch_vcpu_create(struct vcpu *v)
{
    v->regs = &v->arch.frame;
    return fake_create_result;
}

int arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *ctx)
{
    v->arch.contexts += !fake_context_result;
    return fake_context_result;
}

int arch_vcpu_set_hvm_context(struct vcpu *v, const struct vcpu_hvm_context *ctx)
{
    v->arch.contexts += !fake_context_result;
    return fake_context_result;
}

/* The map of FV domains: page n of each is at n % FAKE_PHYSMAP. */
static struct {
    gfn_t g;
    mfn_t m;
} physmap[FAKE_PHYSMAP];

bool arch_physmap_set(struct domain *d, gfn_t g, mfn_t m)
{
    if (d->kind != DOMAIN_FV || g.v >= FAKE_PHYSMAP_END)
        return false;
    physmap[g.v % FAKE_PHYSMAP].g = g;
    physmap[g.v % FAKE_PHYSMAP].m = m;
    return true;
}

mfn_t arch_gfn_to_mfn(struct domain *d, gfn_t gfn)
{
    if (d->kind == DOMAIN_PV)
        return MFN(gfn.v);
    return physmap[gfn.v % FAKE_PHYSMAP].g.v == gfn.v ? physmap[gfn.v % FAKE_PHYSMAP].m
                                                      : INVALID_MFN;
}

mfn_t arch_physmap_clear(struct domain *d, gfn_t g)
{
    mfn_t m = fake_physmap_race ? INVALID_MFN : arch_gfn_to_mfn(d, g);

    physmap[g.v % FAKE_PHYSMAP].g = INVALID_GFN;
    return m;
}

unsigned int arch_memory_map(const struct domain *d, struct mem_range map[MEM_RANGES])
{
    map[0] = (struct mem_range){0, d->max_pages << PAGE_SHIFT, MEM_RAM};
    return 1;
}

void arch_upcall_raised(struct vcpu *v)
{
    v->arch.upcalls++;
}

void arch_vcpu_set_result(struct vcpu *v, uint64_t result)
{
    v->arch.result = result;
}

void arch_domain_free(struct domain *d)
{
}

void arch_vcpu_info_moved(struct vcpu *v)
{
    v->arch.info_moves++;
}

void arch_vcpu_send_nmi(struct vcpu *v)
{
    v->arch.nmis++;
}

void arch_vcpu_release(struct vcpu *v)
{
}

void arch_domain_release(struct domain *d)
{
    d->arch.releases++;
}

void arch_vcpu_dump(struct vcpu *v)
{
}

uint64_t arch_guest_rip(const struct vcpu *v)
{
    return v->regs->rip;
}

/* ---- the rest of the machine */

bool arch_describe_cpu(uint32_t features[8])
{
    features[0] = 1;
    return false;
}

uint64_t arch_wallclock_boot(void)
{
    return 1700000000;
}

void arch_uart_putc(unsigned port, char c)
{
    if (uart_len[port] < sizeof(fake_uart[0]) - 1)
        fake_uart[port][uart_len[port]++] = c;
}

void arch_uart_write(unsigned port, const char *s, size_t n)
{
    while (n--)
        arch_uart_putc(port, *s++);
}

int arch_uart_getc(unsigned port)
{
    const char **from = port ? &asked : &typed;

    return **from ? (unsigned char)*(*from)++ : -1;
}

bool arch_uart_listen(unsigned port)
{
    return true;
}

/* Its queue is full at each first look and empty at the next. */
size_t arch_uart_room(unsigned port)
{
    static bool empty;

    empty = !empty;
    return empty ? 0 : 16;
}

void fake_uart_clear(unsigned port)
{
    memset(fake_uart[port], 0, sizeof(fake_uart[port]));
    uart_len[port] = 0;
}

void fake_type(const char *s)
{
    typed = s;
}

void fake_ask(const char *s)
{
    asked = s;
}

void arch_backtrace(void)
{
}

int fake_until_end(void (*fn)(void *), void *arg)
{
    jmp_buf here;
    int code = setjmp(here);

    if (!code) {
        ending = &here;
        fn(arg);
    }
    ending = NULL;
    return code ? code : -1;
}

void arch_machine_end(uint8_t code)
{
    if (ending)
        longjmp(*ending, code);
    fprintf(stderr, "machine ended with %#x: %s\n", code, fake_uart[0]);
    abort();
}
