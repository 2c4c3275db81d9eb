/* SPDX-License-Identifier: MIT */
/* The tables, copy-in, continuation, and multicall on top of them. */
#include "unit.h"
#include "console.h"

#include <xen/version.h>

static struct domain *d;
static struct vcpu *v;
static struct multicall_entry list[8];

static int setup(void **state)
{
    world_reset(1);
    d = world_domain(1, 256);
    v = d->vcpu[0];
    world_be(v);
    v->regs->rip = 0x1002;
    memset(list, 0, sizeof(list));
    fake_map(list, sizeof(list));
    return 0;
}

static void test_tables_agree(void **state)
{
    for (unsigned nr = 0; nr < HV_NR_HYPERCALLS; nr++) {
        assert_non_null(hypercall_fns[nr]);
        if (hypercall_table[nr].name)
            assert_ptr_equal(hypercall_fns[nr], hypercall_table[nr].fn);
        else
            assert_int_equal(hypercall_fns[nr](0, 0, 0, 0, 0, 0), -XEN_ENOSYS);
    }
    assert_string_equal(hypercall_table[__HYPERVISOR_sched_op].name, "sched_op");
    assert_string_equal(hypercall_table[__HYPERVISOR_mmu_update].name, "mmu_update");
    assert_int_equal(hypercall_table[__HYPERVISOR_mmu_update].nargs, 4);
}

static void test_continue_goes_back_to_the_instruction(void **state)
{
    assert_int_equal(hypercall_continue(26, 4, 1, 2, 3, 4), 26);
    assert_int_equal(v->regs->rip, 0x1000);
    assert_int_equal(v->regs->rdi, 1);
    assert_int_equal(v->regs->rsi, 2);
    assert_int_equal(v->regs->rdx, 3);
    assert_int_equal(v->regs->r10, 4);
    v->regs->rdx = 99;
    assert_int_equal(hypercall_continue(12, 2, 7, 8, 0, 0), 12);
    assert_int_equal(v->regs->rdi, 7);
    assert_int_equal(v->regs->rdx, 99); /* arguments it does not have stay */
}

static void raise_timer(void)
{
    work_raise(WORK_TIMER);
}

static void test_preempt(void **state)
{
    assert_false(hypercall_preempt());
    fake_irq = raise_timer; /* an interrupt that waited gets in */
    assert_true(hypercall_preempt());
    fake_irq = NULL;
    fake_cpus[0].work = 0;
    v->info->evtchn_upcall_pending = 1;
    assert_true(hypercall_preempt());
    v->info->evtchn_upcall_mask = 1;
    assert_false(hypercall_preempt());
}

static void test_copies_are_bounded(void **state)
{
    char buf[16], guest[8] = "";

    fake_map(guest, sizeof(guest));
    assert_int_equal(guest_read(buf, GVA(guest), 8), 0);
    assert_int_equal(guest_read(buf, GVA(guest), 9), -XEN_EFAULT);
    assert_int_equal(guest_write(GVA(guest), buf, 9), -XEN_EFAULT);
    assert_true(guest_address_ok(d, GVA(0x7fffffffffff)));
    assert_false(guest_address_ok(d, GVA(0x800000000000)));
    assert_false(guest_address_ok(d, GVA(0xffff800000000000)));
    assert_false(guest_address_ok(d, GVA(0xffff87ffffffffff)));
    assert_true(guest_address_ok(d, GVA(0xffff880000000000)));
}

/* ---- multicall */

static void entry(unsigned i, uint64_t op, uint64_t a1, uint64_t a2, uint64_t a3)
{
    list[i] = (struct multicall_entry){.op = op, .result = 0xdead, .args = {a1, a2, a3}};
}

static void test_multicall_results(void **state)
{
    entry(0, __HYPERVISOR_xen_version, XENVER_version, 0, 0);
    entry(1, __HYPERVISOR_xen_version, 77, 0, 0);
    entry(2, 63, 0, 0, 0);
    entry(3, 64, 0, 0, 0);
    entry(4, ~0ull, 0, 0, 0);
    entry(5, __HYPERVISOR_multicall, U(list), 1, 0);
    entry(6, __HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables, 0);
    assert_int_equal(hc_multicall(U(list), 7), 0);
    assert_int_equal(list[0].result, 4 << 16 | 17);
    assert_int_equal(list[1].result, -XEN_ENOSYS);
    assert_int_equal(list[2].result, -XEN_ENOSYS);
    assert_int_equal(list[3].result, -XEN_ENOSYS);
    assert_int_equal(list[4].result, -XEN_ENOSYS);
    assert_int_equal(list[5].result, -XEN_EINVAL);
    assert_int_equal(list[6].result, 0);
    assert_int_equal(v->hc_count[__HYPERVISOR_xen_version], 2);
    assert_null(v->mc_entry);
}

static void test_multicall_faults(void **state)
{
    assert_int_equal(hc_multicall(U(list), 0), 0);
    assert_int_equal(hc_multicall(0xffff830000000000, 1), -XEN_EFAULT);
    assert_int_equal(hc_multicall(0xffff830000000000, 0), -XEN_EFAULT);
    for (unsigned i = 0; i < 8; i++)
        entry(i, __HYPERVISOR_xen_version, XENVER_version, 0, 0);
    assert_int_equal(hc_multicall(U(list), 9), -XEN_EFAULT); /* all it could read was done */
    assert_int_equal(list[7].result, 4 << 16 | 17);
    assert_null(v->mc_entry);
    fake_unmap_all();
    fake_map_ro(list, sizeof(list));
    assert_int_equal(hc_multicall(U(list), 1), -XEN_EFAULT);
    assert_null(v->mc_entry);
    assert_int_equal(v->regs->rip, 0x1002);
}

static void test_multicall_stops_for_work(void **state)
{
    for (unsigned i = 0; i < 4; i++)
        entry(i, __HYPERVISOR_xen_version, XENVER_version, 0, 0);
    fake_irq = raise_timer;
    assert_int_equal(hc_multicall(U(list), 4), __HYPERVISOR_multicall);
    assert_int_equal(v->regs->rip, 0x1000);
    assert_int_equal(v->regs->rdi, U(&list[1]));
    assert_int_equal(v->regs->rsi, 3);
    assert_int_equal(list[0].result, 4 << 16 | 17);
    assert_int_equal(list[1].result, 0xdead);
    assert_null(v->mc_entry);
    fake_irq = NULL;
    fake_cpus[0].work = 0;
    v->regs->rip = 0x1002;
    assert_int_equal(hc_multicall(v->regs->rdi, v->regs->rsi), 0);
    assert_int_equal(list[3].result, 4 << 16 | 17);
    assert_int_equal(v->regs->rip, 0x1002);
}

static unsigned windows;

static void work_in_the_second_window(void)
{
    if (++windows == 2)
        work_raise(WORK_TIMER);
}

/* console_io stops in the middle of a long text: the entry itself is continued, then the list. */
static void test_multicall_entry_is_continued(void **state)
{
    static char text[1000];

    memset(text, 'x', sizeof(text));
    fake_map(text, sizeof(text));
    entry(0, __HYPERVISOR_xen_version, XENVER_version, 0, 0);
    entry(1, __HYPERVISOR_console_io, CONSOLEIO_write, sizeof(text), U(text));
    entry(2, __HYPERVISOR_xen_version, XENVER_version, 0, 0);
    windows = 0;
    fake_irq = work_in_the_second_window;
    assert_int_equal(hc_multicall(U(list), 3), __HYPERVISOR_multicall);
    assert_int_equal(v->regs->rdi, U(&list[1]));
    assert_int_equal(v->regs->rsi, 2);
    assert_int_equal(list[1].op, __HYPERVISOR_console_io);
    assert_int_equal(list[1].args[1], sizeof(text) - 128);
    assert_int_equal(list[1].args[2], U(text) + 128);
    fake_irq = NULL;
    fake_cpus[0].work = 0;
    assert_int_equal(hc_multicall(v->regs->rdi, v->regs->rsi), 0);
    assert_int_equal(list[1].result, 0);
    assert_int_equal(list[2].result, 4 << 16 | 17);
    console_flush(d);
    assert_int_equal(strlen(fake_uart[0]), sizeof(text));
}

/* A list must not be a way around what is closed to FV domains. */
static void test_multicall_of_an_fv_domain(void **state)
{
    d->kind = DOMAIN_FV;
    entry(0, __HYPERVISOR_xen_version, XENVER_version, 0, 0);
    entry(1, __HYPERVISOR_iret, 0, 0, 0);
    entry(2, __HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0);
    assert_int_equal(hc_multicall(U(list), 3), -XEN_ENOSYS); /* iret still ends the list */
    assert_int_equal(list[0].result, 4 << 16 | 17);
    entry(1, __HYPERVISOR_set_trap_table, 0, 0, 0);
    assert_int_equal(hc_multicall(U(list), 3), 0);
    assert_int_equal(list[1].result, -XEN_ENOSYS);
    assert_int_equal(v->hc_count[__HYPERVISOR_set_trap_table], 0);
    assert_int_equal(list[2].result, 0);
}

/* An entry may rewrite the entries behind it: they are read when their turn comes. */
static void test_multicall_reads_late(void **state)
{
    entry(0, __HYPERVISOR_xen_version, XENVER_pagesize, 0, 0);
    entry(1, __HYPERVISOR_xen_version, XENVER_get_features, U(&list[2].op), 0);
    entry(2, 0, 0, 0, 0); /* becomes feature map 0: a number far beyond the table */
    assert_int_equal(hc_multicall(U(list), 3), 0);
    assert_int_equal(list[0].result, 4096);
    assert_int_equal(list[1].result, 0);
    assert_true(list[2].op > HV_NR_HYPERCALLS);
    assert_int_equal(list[2].result, -XEN_ENOSYS);
}

static void test_refusals_are_counted_and_told(void **state)
{
    v->hc_clock = HC_TICK;
    v->hc_trace[0] = (struct hc_trace){.nr = __HYPERVISOR_vcpu_op};
    assert_int_equal(hc_vcpu_op(VCPUOP_up, 9, 0), -XEN_ENOENT);
    assert_int_equal(d->refused, 1);
    assert_int_equal(hc_vcpu_op(VCPUOP_is_up, 9, 0), -XEN_ENOENT); /* how kernels count */
    assert_int_equal(d->refused, 1);
    assert_string_equal(fake_uart[0], "");
    hv_opt.strict = true;
    v->regs->rip = 0xffffffff81001234;
    assert_int_equal(hc_vcpu_op(VCPUOP_up, 9, 0), -XEN_ENOENT);
    assert_string_equal(fake_uart[0], "(hv) strict d1v0 rip=0xffffffff81001234 vcpu_op: no vcpu 9: "
                                      "-ENOENT\r\n");
}

static void test_strict_names_the_entry(void **state)
{
    hv_opt.strict = true;
    v->hc_clock = HC_TICK;
    v->hc_trace[0] = (struct hc_trace){.nr = __HYPERVISOR_multicall};
    entry(0, __HYPERVISOR_xen_version, XENVER_version, 0, 0);
    entry(1, __HYPERVISOR_sched_op, 99, 0, 0);
    entry(2, 99, 0, 0, 0);
    assert_int_equal(hc_multicall(U(list), 3), 0);
    assert_non_null(
        strstr(fake_uart[0], " multicall[1].sched_op: no scheduler operation 99: -ENOSYS"));
    assert_non_null(strstr(fake_uart[0], " multicall[2].hypercall 99: "));
}

static void test_strict_shows_the_frame(void **state)
{
    hv_opt.strict = true;
    v->hc_clock = HC_TICK;
    v->hc_trace[0] = (struct hc_trace){.nr = __HYPERVISOR_mmu_update};
    v->batch_index = 3;
    hv_refuse_frame(-XEN_EINVAL, MFN(0x123), "page table mapped writable");
    assert_non_null(
        strstr(fake_uart[0], " mmu_update[3]: page table mapped writable (mfn 0x123: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_tables_agree, setup),
        cmocka_unit_test_setup(test_continue_goes_back_to_the_instruction, setup),
        cmocka_unit_test_setup(test_preempt, setup),
        cmocka_unit_test_setup(test_copies_are_bounded, setup),
        cmocka_unit_test_setup(test_multicall_results, setup),
        cmocka_unit_test_setup(test_multicall_faults, setup),
        cmocka_unit_test_setup(test_multicall_stops_for_work, setup),
        cmocka_unit_test_setup(test_multicall_entry_is_continued, setup),
        cmocka_unit_test_setup(test_multicall_of_an_fv_domain, setup),
        cmocka_unit_test_setup(test_multicall_reads_late, setup),
        cmocka_unit_test_setup(test_refusals_are_counted_and_told, setup),
        cmocka_unit_test_setup(test_strict_names_the_entry, setup),
        cmocka_unit_test_setup(test_strict_shows_the_frame, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
