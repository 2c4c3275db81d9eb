/* SPDX-License-Identifier: MIT */
/* Privileged and unusual instructions, in the kernel and in user mode, without and with a level of
 * I/O privilege that lets ports be used. */
#include "conform.h"

#include <xen/physdev.h>

struct insn {
    const char *name;
    uint64_t (*code)(void *);
};

extern const struct insn insn_table[], insn_table_end[];

static void set_iopl(unsigned level)
{
    struct physdev_set_iopl op = {.iopl = level};

    (void)pvk_raw2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &op);
}

static uint64_t set_ts_clear(void *unused)
{
    __asm__ volatile("clts; fninit");
    return 0;
}

static void answer(const struct insn *i)
{
    outcome((uint64_t)i->code);
    if (seen.vector == RETURNED && seen.rax) {
        print(" ");
        print_hex(seen.rax);
    }
}

static void ask(const struct insn *i)
{
    name(i->name);
    set_iopl(0);
    try(i->code, scratch[0]);
    answer(i);
    set_iopl(1);
    print(", iopl 1 ");
    try(i->code, scratch[0]);
    answer(i);
    print(", user ");
    try_user(i->code, scratch[0]);
    answer(i);
    set_iopl(3);
    print(", iopl 3 ");
    try_user(i->code, scratch[0]);
    answer(i);
    print("\n");
    set_iopl(0);
    try(set_ts_clear, NULL);
}

/* A bitmap that has port 0x61, and no other below 0x80. */
static void ask_bitmap(void)
{
    static uint8_t bitmap[16];
    struct physdev_set_iobitmap op = {.nr_ports = 128};

    for (unsigned i = 0; i < sizeof(bitmap); i++)
        bitmap[i] = i == 0x61 / 8 ? (uint8_t)~2 : 0xff;
    set_xen_guest_handle(op.bitmap, bitmap);
    number("set_iobitmap", pvk_raw2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &op));
    for (const struct insn *i = insn_table; i < insn_table_end; i++)
        if (i->name[0] == 'i' && i->name[1] == 'n' && (i->name[2] == ' ' || i->name[2] == 's'))
            ask(i);
    op.nr_ports = 0;
    (void)pvk_raw2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &op);
}

/* The level that an iret sets, and what it means to the kernel. */
static void ask_architectural_iopl(void)
{
    const struct insn *cli = insn_table;

    while (cli->name[0] != 'c' || cli->name[1] != 'l' || cli->name[2] != 'i')
        cli++;
    for (unsigned on = 0; on < 2; on++) {
        number("architectural_iopl",
               pvk_raw2(__HYPERVISOR_vm_assist, on ? VMASST_CMD_enable : VMASST_CMD_disable,
                        VMASST_TYPE_architectural_iopl));
        for (uint64_t iopl = 0; iopl < 4; iopl++) {
            name("cli at level");
            print_number((long)iopl);
            set_iopl((unsigned)iopl);
            print(" ");
            try_user_as(cli->code, NULL, FLAT_USER_CS, 2 | iopl << 12);
            outcome((uint64_t)cli->code);
            print(" rflags ");
            print_hex(seen.rflags & 0x3000);
            try(cli->code, NULL);
            print(", kernel ");
            outcome((uint64_t)cli->code);
            print("\n");
        }
    }
    (void)pvk_raw2(__HYPERVISOR_vm_assist, VMASST_CMD_disable, VMASST_TYPE_architectural_iopl);
    set_iopl(0);
}

void ask_instructions(void)
{
    for (const struct insn *i = insn_table; i < insn_table_end; i++)
        ask(i);
    ask_bitmap();
    ask_architectural_iopl();
}
