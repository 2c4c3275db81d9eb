/* SPDX-License-Identifier: MIT */
/*
 * Runs the cases chosen by `case=NAME` (one),
 * `group=mmu|table|cpu|pointer|event|load|grant|device|plug|net` (a table), or all that are neither
 * fatal nor in need of a device. Each prints "HOSTILE name -> result"; the same lines are expected
 * from Xen.
 */
#include "../common/ring.h"
#include "hostile.h"

#define VIRT_BASE 0xffffffff80000000ul

void hostile_main(const start_info_t *si);

extern char trap_stubs[], event_entry[], failsafe_entry[], syscall_entry[];

const start_info_t *start;
bool has_ring;
char spare_page[8][4096] __attribute__((aligned(4096)));

static const struct {
    const char *name;
    const struct hostile_case *cases;
    const unsigned int *count;
    bool device; /* they need one: only when asked for */
} groups[] = {
    {"mmu", mmu_cases, &nr_mmu_cases, false},
    {"table", table_cases, &nr_table_cases, false},
    {"cpu", cpu_cases, &nr_cpu_cases, false},
    {"pointer", pointer_cases, &nr_pointer_cases, false},
    {"event", event_cases, &nr_event_cases, false},
    {"load", load_cases, &nr_load_cases, false},
    {"grant", grant_cases, &nr_grant_cases, false},
    {"grant", grant_map_cases, &nr_grant_map_cases, false},
    {"grant", grant_copy_cases, &nr_grant_copy_cases, false},
    {"fatal", fatal_cases, &nr_fatal_cases, false},
    {"device", device_cases, &nr_device_cases, true},
    {"plug", plug_cases, &nr_plug_cases, true},
    {"net", net_cases, &nr_net_cases, true},
};

static size_t length(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

/* Xen's release builds have console_io for dom0 only: elsewhere there is a ring, in a page that the
 * domain builder mapped where its pseudo-physical number says. The next thing may be the last that
 * this guest does, the port may be closed: each text has to be out before. */
static void print_ring(const char *s)
{
    const xen_pfn_t *m2p = (const void *)MACH2PHYS_VIRT_START;

    ring_open((void *)(VIRT_BASE + (m2p[start->console.domU.mfn] << 12)),
              start->console.domU.evtchn);
    ring_print(s);
    ring_flush();
}

void print(const char *s)
{
    has_ring |= pvk_raw3(__HYPERVISOR_console_io, CONSOLEIO_write, length(s), s) < 0;
    if (has_ring)
        print_ring(s);
}

void print_hex(uint64_t v)
{
    char room[DIGITS_ROOM];

    print("0x");
    print(digits(v, 16, room));
}

static void print_result(long r)
{
    char room[DIGITS_ROOM];
    unsigned long v = r < 0 ? -(unsigned long)r : (unsigned long)r;

    if (r >= TRAPPED && r < TRAPPED + 0x200) {
        print("trap ");
        v = (unsigned long)r - TRAPPED;
    }
    if (r < 0)
        print("-");
    print(digits(v, 10, room));
    print("\n");
}

uint64_t mfn_of(const void *va)
{
    return ((const uint64_t *)start->mfn_list)[((uint64_t)va - VIRT_BASE) >> 12];
}

uint64_t maddr_of(const void *va)
{
    return mfn_of(va) << 12 | ((uint64_t)va & 4095);
}

static void *table_at(uint64_t entry)
{
    const uint64_t *m2p = (const uint64_t *)M2P_SPACE;

    return (void *)(VIRT_BASE + (m2p[(entry & 0x000ffffffffff000ul) >> 12] << 12));
}

void *table_of(const void *va, int level)
{
    uint64_t *t = (uint64_t *)start->pt_base;

    for (int l = 4; l > level; l--)
        t = table_at(t[(uint64_t)va >> (12 + 9 * (l - 1)) & 511]);
    return t;
}

uint64_t *pte_of(const void *va)
{
    return (uint64_t *)table_of(va, 1) + ((uint64_t)va >> 12 & 511);
}

static void set_traps(void)
{
    static struct trap_info t[33];

    for (unsigned int i = 0; i < 32; i++) {
        t[i].vector = (uint8_t)i;
        t[i].flags = 3;
        t[i].cs = FLAT_KERNEL_CS;
        t[i].address = (unsigned long)trap_stubs + i * 16;
    }
    (void)pvk_raw1(__HYPERVISOR_set_trap_table, t);
    (void)pvk_raw3(__HYPERVISOR_set_callbacks, event_entry, failsafe_entry, syscall_entry);
}

/* The value of `key` on the command line equals s? */
static bool option(const char *key, const char *s)
{
    const char *c = (const char *)start->cmd_line;

    for (; *c; c++) {
        size_t k = length(key), i;

        if (c != (const char *)start->cmd_line && c[-1] != ' ')
            continue;
        for (i = 0; i < k && c[i] == key[i]; i++)
            ;
        if (i < k)
            continue;
        for (i = 0; s[i] && c[k + i] == s[i]; i++)
            ;
        if (!s[i] && (!c[k + i] || c[k + i] == ' '))
            return true;
    }
    return false;
}

static bool any_option(const char *key)
{
    const char *c = (const char *)start->cmd_line;

    for (; *c; c++)
        if ((c == (const char *)start->cmd_line || c[-1] == ' ') && c[0] == key[0] &&
            c[1] == key[1])
            return true;
    return false;
}

static void run(const struct hostile_case *c)
{
    print("HOSTILE ");
    print(c->name);
    print(" -> ");
    print_result(attempt(c->run));
}

static void run_chosen(void)
{
    bool everything = !any_option("case=") && !any_option("group=");

    for (unsigned int g = 0; g < ARRAY_SIZE(groups); g++)
        for (unsigned int i = 0; i < *groups[g].count; i++) {
            const struct hostile_case *c = &groups[g].cases[i];

            if (option("case=", c->name) || (!c->fatal && ((everything && !groups[g].device) ||
                                                           option("group=", groups[g].name))))
                run(c);
        }
}

void hostile_main(const start_info_t *si)
{
    struct sched_shutdown off = {.reason = SHUTDOWN_poweroff};

    start = si;
    set_traps();
    run_chosen();
    print("HOSTILE end\n");
    for (;;)
        (void)pvk_raw2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &off);
}
