/* SPDX-License-Identifier: MIT */
/*
 * Asks the hypervisor what a kernel that neither is Linux nor knows this project may depend on, and
 * prints a line per answer. All groups, or those that the command line names.
 */
#include "conform.h"

void conform_main(const start_info_t *si);
void trap_record(int vector, const uint64_t *sp);

const start_info_t *start;
struct shared_info *shared, shared_at_start;
struct seen seen;
char scratch[16][4096] __attribute__((aligned(4096)));
static char big_bss[1 << 20] __attribute__((aligned(4096), used));

#define HAS_ERROR 0x27d00u /* #DF #TS #NP #SS #GP #PF #AC: a bit per vector */

static const struct {
    const char *name;
    void (*ask)(void);
} groups[] = {
    {"boot", ask_boot},         {"instructions", ask_instructions},
    {"traps", ask_traps},       {"debug", ask_debug},
    {"segments", ask_segments}, {"tables", ask_tables},
    {"calls", ask_calls},       {"events", ask_events},
    {"vcpus", ask_vcpus},       {"msrs", ask_msrs},
    {"cpuid", ask_cpuid},
};

uint64_t mfn_of(const void *va)
{
    return ((const uint64_t *)start->mfn_list)[(uint64_t)va >> 12];
}

void *frame_va(uint64_t entry)
{
    const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START;

    return (void *)(m2p[(entry & 0x000ffffffffff000ul) >> 12] << 12);
}

uint64_t *table_of(const void *va, int level)
{
    uint64_t *t = (uint64_t *)start->pt_base;

    for (int l = 4; l > level; l--)
        t = frame_va(t[(uint64_t)va >> (12 + 9 * (l - 1)) & 511]);
    return t;
}

void trap_record(int vector, const uint64_t *sp)
{
    seen = (struct seen){
        .vector = vector,
        .handler_sp = (uint64_t)(sp + 2),
        .live_rflags = sp[0],
        .rax = sp[1],
        .rcx = sp[2],
        .r11 = sp[3],
        .error = ~0ul,
    };
    sp += 4;
    if (vector == VEC_FAILSAFE)
        for (int i = 0; i < 4; i++)
            seen.selectors[i] = *sp++;
    if (vector < 32 && (HAS_ERROR >> vector & 1))
        seen.error = *sp++;
    seen.rip = sp[0];
    seen.cs = sp[1];
    seen.rflags = sp[2];
    seen.rsp = sp[3];
    seen.ss = sp[4];
    if (shared) {
        seen.cr2 = shared->vcpu_info[0].arch.cr2;
        seen.masked = shared->vcpu_info[0].evtchn_upcall_mask;
        shared->vcpu_info[0].evtchn_upcall_mask = 1;
    }
    if (vector == 6 && seen.rip == (uint64_t)user_return)
        seen.vector = RETURNED;
}

uint64_t try(uint64_t (*fn)(void *), void *arg)
{
    uint64_t rax;

    seen.vector = RETURNED;
    rax = attempt(fn, arg);
    if (seen.vector == RETURNED)
        seen.rax = rax;
    return seen.rax;
}

uint64_t try_user_as(uint64_t (*fn)(void *), void *arg, uint64_t cs, uint64_t rflags)
{
    struct user u = {fn, arg, cs, rflags, 0};

    attempt(enter_user, &u);
    return seen.rax;
}

uint64_t try_user(uint64_t (*fn)(void *), void *arg)
{
    return try_user_as(fn, arg, FLAT_USER_CS, 0x2);
}

void set_trap(unsigned vector, unsigned dpl, bool mask)
{
    struct trap_info t[2] = {{
        .vector = (uint8_t)vector,
        .flags = (uint8_t)(dpl | (mask ? 4 : 0)),
        .cs = FLAT_KERNEL_CS,
        .address = (unsigned long)trap_stubs + vector * 16,
    }};

    (void)pvk_raw1(__HYPERVISOR_set_trap_table, t);
}

static void set_traps(void)
{
    for (unsigned i = 0; i < 32; i++)
        set_trap(i, i == 3 || i == 4 ? 3 : 0, true);
    (void)pvk_raw3(__HYPERVISOR_set_callbacks, callback_stubs, callback_stubs + 16,
                   callback_stubs + 32);
    (void)pvk_raw2(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, trap_stack_top);
}

static char shared_page[4096] __attribute__((aligned(4096)));

/* In the place of a page of ours, which nobody needs any more. */
static void map_shared_info(void)
{
    if (pvk_raw3(__HYPERVISOR_update_va_mapping, shared_page, start->shared_info | 0x63,
                 UVMF_INVLPG) == 0)
        shared = (void *)shared_page;
    shared_at_start = *shared;
    for (unsigned i = 0; i < ARRAY_SIZE(shared->evtchn_mask);
         i++) /* the console's would come any time */
        shared->evtchn_mask[i] = ~0ul;
}

static void share_tables_with_user(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_NEW_USER_BASEPTR};

    op.arg1.mfn = mfn_of((void *)start->pt_base);
    number("user page tables are the kernel's",
           pvk_raw4(__HYPERVISOR_mmuext_op, &op, 1, NULL, DOMID_SELF));
}

static bool chosen(const char *group)
{
    const char *c = (const char *)start->cmd_line;

    if (!*c)
        return true;
    while (*c) {
        const char *g = group;

        while (*g && *c == *g)
            c++, g++;
        if (!*g && (!*c || *c == ' '))
            return true;
        while (*c && *c++ != ' ')
            ;
    }
    return false;
}

void conform_main(const start_info_t *si)
{
    start = si;
    console_init();
    set_traps();
    map_shared_info();
    share_tables_with_user();
    for (unsigned i = 0; i < ARRAY_SIZE(groups); i++)
        if (chosen(groups[i].name)) {
            print("-- ");
            print(groups[i].name);
            print("\n");
            groups[i].ask();
        }
    print("-- end\n");
    power_off();
}
