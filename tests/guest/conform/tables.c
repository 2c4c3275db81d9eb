/* SPDX-License-Identifier: MIT */
/* Page tables as other kernels make them: an address space of one's own from pages of the image,
 * switched to and taken apart again; bits of entries that are kept or not. */
#include "conform.h"

#define TABLE   0x67ul
#define SELF_VA 0x0000400000000000ul /* L4 slot 128 */

static uint64_t pte(const void *page, uint64_t flags)
{
    return mfn_of(page) << 12 | flags;
}

static long set_va(void *va, uint64_t entry, uint64_t flags)
{
    return pvk_raw3(__HYPERVISOR_update_va_mapping, va, entry, flags);
}

static long ext(unsigned cmd, const void *page)
{
    struct mmuext_op op = {.cmd = cmd};

    op.arg1.mfn = page ? mfn_of(page) : 0;
    return pvk_raw4(__HYPERVISOR_mmuext_op, &op, 1, NULL, DOMID_SELF);
}

static long update(uint64_t *slot, uint64_t entry, unsigned type)
{
    struct mmu_update u = {.ptr = (mfn_of(slot) << 12 | ((uint64_t)slot & 4095)) | type,
                           .val = entry};

    return pvk_raw4(__HYPERVISOR_mmu_update, &u, 1, NULL, DOMID_SELF);
}

/* Which bits of an entry may be set, and what becomes of it. */
static void ask_bits(void)
{
    uint64_t *slot = &table_of(scratch[6], 1)[(uint64_t)scratch[6] >> 12 & 511];

    for (unsigned bit = 1; bit < 64; bit++) {
        long rc;

        if (bit >= 12 && bit < 52 && bit != 51)
            continue;
        rc = set_va(scratch[6], pte(scratch[6], 0x61) | 1ul << bit, UVMF_INVLPG);
        name("L1 entry with bit");
        print_number(bit);
        print(" ");
        print_number(rc);
        print(" becomes ");
        print_hex(*slot & 0xfff0000000000fff);
        print("\n");
    }
    number("restored", set_va(scratch[6], pte(scratch[6], 0x63), UVMF_INVLPG));
    for (uint64_t flags = 0; flags < 8; flags++) {
        name("update_va_mapping with flags");
        print_hex(flags);
        print(" ");
        print_number(set_va(scratch[6], pte(scratch[6], 0x63), flags));
        print("\n");
    }
    number("of the hypervisor's address", set_va((void *)HV_SPACE, 0, 0));
    number("of an address without tables", set_va((void *)UNMAPPED, 0, 0));
    number("of what is not canonical", set_va((void *)NONCANONICAL, 0, 0));
    number("of a table's own mapping",
           set_va((void *)start->pt_base, pte((void *)start->pt_base, 0x63), 0));
    number("of a table's own mapping, read-only",
           set_va((void *)start->pt_base, pte((void *)start->pt_base, 0x61), 0));
    number("shared_info, writable", set_va(scratch[6], start->shared_info | 0x63, UVMF_INVLPG));
    number("frame 0", set_va(scratch[6], 0x63, UVMF_INVLPG));
    number("the local APIC", set_va(scratch[6], 0xfee00063, UVMF_INVLPG));
    number("the VGA memory", set_va(scratch[6], 0xa0063, UVMF_INVLPG));
    number("back", set_va(scratch[6], pte(scratch[6], 0x63), UVMF_INVLPG));
}

static void read_only(unsigned from, unsigned to, bool ro)
{
    for (unsigned i = from; i <= to; i++)
        (void)set_va(scratch[i], pte(scratch[i], ro ? 0x61 : 0x63), UVMF_INVLPG);
}

static void clear(unsigned from, unsigned to)
{
    for (unsigned i = from; i <= to; i++)
        for (unsigned j = 0; j < 512; j++)
            ((uint64_t *)scratch[i])[j] = 0;
}

/* A second address space, by pages 8 (L4), 9 (L3), 10 (L2), 11 (L1). */
static void ask_space(void)
{
    uint64_t *l4 = (void *)scratch[8], *l3 = (void *)scratch[9], *l2 = (void *)scratch[10],
             *l1 = (void *)scratch[11], *old = (void *)start->pt_base;

    clear(8, 11);
    l1[0] = pte(scratch[12], 0x63);
    l2[0] = pte(l1, TABLE);
    l3[0] = pte(l2, TABLE);
    l4[0] = old[0];
    l4[128] = pte(l3, TABLE);
    number("pin with writable tables", ext(MMUEXT_PIN_L4_TABLE, l4));
    read_only(8, 11, true);
    number("pin", ext(MMUEXT_PIN_L4_TABLE, l4));
    number("pin twice", ext(MMUEXT_PIN_L4_TABLE, l4));
    hex("slot 256 was filled in", l4[256] & 0xfff0000000000fff);
    hex("slot 260 was filled in", l4[260] & 1);
    hex("L4 entry", l4[128] & 0xfff);
    hex("L1 entry", l1[0] & 0xfff0000000000fff);
    number("new_baseptr", ext(MMUEXT_NEW_BASEPTR, l4));
    number("user tables too", ext(MMUEXT_NEW_USER_BASEPTR, l4));
    scratch[12][0] = 42;
    number("read through it", *(volatile char *)SELF_VA);
    number("make the L1 writable", set_va(l1, pte(l1, 0x63), UVMF_INVLPG));
    number("set slot 0 to 0", update(&l4[0], l4[0], MMU_NORMAL_PT_UPDATE));
    number("update, keeping accessed",
           update(&l1[0], pte(scratch[12], 0x1), MMU_PT_UPDATE_PRESERVE_AD));
    hex("entry", l1[0] & 0xfff);
    number("update", update(&l1[0], pte(scratch[12], 0x1), MMU_NORMAL_PT_UPDATE));
    hex("entry", l1[0] & 0xfff);
    number("update without translation",
           update(&l1[0], pte(scratch[12], 0x1), MMU_PT_UPDATE_NO_TRANSLATE));
    number("L2 entry, not user", update(&l2[0], pte(l1, 0x23), MMU_NORMAL_PT_UPDATE));
    hex("entry", l2[0] & 0xfff);
    number("L2 entry, read-only", update(&l2[0], pte(l1, 0x25), MMU_NORMAL_PT_UPDATE));
    hex("entry", l2[0] & 0xfff);
    number("L2 entry, NX", update(&l2[0], pte(l1, 0x27) | 1ul << 63, MMU_NORMAL_PT_UPDATE));
    hex("entry", l2[0] & 0xfff0000000000fff);
    number("L2 entry, available bits", update(&l2[0], pte(l1, 0xe27), MMU_NORMAL_PT_UPDATE));
    hex("entry", l2[0] & 0xfff0000000000fff);
    number("L2 entry, large", update(&l2[1], pte(scratch[12], 0xe7), MMU_NORMAL_PT_UPDATE));
    number("L2 entry to itself", update(&l2[1], pte(l2, 0x27), MMU_NORMAL_PT_UPDATE));
    number("L2 entry to itself, read-only", update(&l2[1], pte(l2, 0x25), MMU_NORMAL_PT_UPDATE));
    number("and away", update(&l2[1], 0, MMU_NORMAL_PT_UPDATE));
    number("L4 entry to itself, read-only", update(&l4[200], pte(l4, 0x25), MMU_NORMAL_PT_UPDATE));
    number("L4 entry to another L4, read-only",
           update(&l4[201], pte(old, 0x25), MMU_NORMAL_PT_UPDATE));
    number("and away", update(&l4[201], 0, MMU_NORMAL_PT_UPDATE));
    number("linear: L4 through it", *(volatile uint64_t *)(200ul << 39 | 200ul << 30 | 200ul << 21 |
                                                           200ul << 12 | 128 * 8) == l4[128]);
    number("and away", update(&l4[200], 0, MMU_NORMAL_PT_UPDATE));
    number("slot 256", update(&l4[256], 0, MMU_NORMAL_PT_UPDATE));
    number("slot 272", update(&l4[272], pte(l3, TABLE), MMU_NORMAL_PT_UPDATE));
    number("slot 511", update(&l4[511], pte(l3, TABLE), MMU_NORMAL_PT_UPDATE));
    number("read through it", *(volatile char *)0xffffff8000000000ul);
    number("machphys update", update((uint64_t *)scratch[12], 77, MMU_MACHPHYS_UPDATE));
    number("frame is", (long)((uint64_t *)MACH2PHYS_VIRT_START)[mfn_of(scratch[12])]);
    number("machphys update back",
           update((uint64_t *)scratch[12], (uint64_t)scratch[12] >> 12, MMU_MACHPHYS_UPDATE));
    number("unpin what runs", ext(MMUEXT_UNPIN_TABLE, l4));
    number("new_baseptr back", ext(MMUEXT_NEW_BASEPTR, old));
    number("user tables back", ext(MMUEXT_NEW_USER_BASEPTR, old));
    number("unpin twice", ext(MMUEXT_UNPIN_TABLE, l4));
    number("is the L4 free", set_va(l4, pte(l4, 0x63), UVMF_INVLPG));
    number("unpin the first", ext(MMUEXT_UNPIN_TABLE, old));
    number("pin the first", ext(MMUEXT_PIN_L4_TABLE, old));
    read_only(8, 11, false);
    clear(8, 11);
}

/* Tables pinned by themselves, one level after the other. */
static void ask_pins(void)
{
    uint64_t *l1 = (void *)scratch[8];

    clear(8, 11);
    l1[0] = pte(scratch[12], 0x63);
    l1[1] = 0x1230;
    read_only(8, 8, true);
    for (unsigned cmd = MMUEXT_PIN_L1_TABLE; cmd <= MMUEXT_PIN_L4_TABLE; cmd++) {
        number("pin an L1 as", ext(cmd, l1));
        number("unpin", ext(MMUEXT_UNPIN_TABLE, l1));
    }
    number("user tables 0", ext(MMUEXT_NEW_USER_BASEPTR, NULL));
    number("new_baseptr of an L1", ext(MMUEXT_NEW_BASEPTR, l1));
    number("user tables back", ext(MMUEXT_NEW_USER_BASEPTR, (void *)start->pt_base));
    read_only(8, 8, false);
    clear(8, 8);
}

static uint64_t store(void *slot)
{
    *(volatile uint64_t *)slot = pte(scratch[12], 0x21);
    return *(volatile uint64_t *)slot & 0xfff;
}

static void ask_stores(void)
{
    uint64_t *slot = &table_of(scratch[12], 1)[(uint64_t)scratch[12] >> 12 & 511];

    try(store, slot);
    name("store into an L1");
    outcome((uint64_t)store);
    print("\n");
    number("writable_pagetables",
           pvk_raw2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
    hex("store into an L1", try(store, slot));
    number("trap", seen.vector);
    try(store, (void *)start->pt_base);
    number("store into the L4", seen.vector);
    (void)pvk_raw2(__HYPERVISOR_vm_assist, VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
    number("restored", set_va(scratch[12], pte(scratch[12], 0x63), UVMF_INVLPG));
}

void ask_tables(void)
{
    ask_bits();
    ask_space();
    ask_pins();
    ask_stores();
}
