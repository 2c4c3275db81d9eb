/* SPDX-License-Identifier: MIT */
/* Interrupts into an FV guest: each comes once, when the guest can take it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../../hv-stub/x86/svm/svm_internal.h"

#define UPCALL 0xf3
#define TIMER  0x31
#define DISK   0x52

static struct vmcb vmcb;
static struct svm_domain dom;
static struct vcpu vcpu;
static struct vcpu_info info;
static struct svm_vcpu sv;
bool svm_virq;
static uint8_t requests[4]; /* what the local APIC would deliver, in order */
static unsigned int nr_requests, self_interrupts;

/* ---- what inject.c calls */

int svm_apic_pending(struct svm_vcpu *s)
{
    return nr_requests ? requests[0] : -1;
}

int svm_apic_ack(struct svm_vcpu *s)
{
    int vector = requests[0];

    assert_true(nr_requests > 0);
    nr_requests--;
    memmove(requests, requests + 1, sizeof(requests) - 1);
    return vector;
}

void svm_interrupt_self(void)
{
    self_interrupts++;
}

void svm_upcall_line(struct svm_vcpu *s)
{
}

void svm_asid_flush(struct svm_vcpu *s)
{
}

int machine_ack(struct svm_vcpu *s)
{
    return -1;
}

void lapic_timer_run(struct lapic *l)
{
}

bool lapic_requested(const struct lapic *l)
{
    return nr_requests;
}

bool lapic_passes_pic(const struct lapic *l)
{
    return false;
}

/* ---- the processor */

static int delivered[8]; /* vectors the guest has got, in order */
static unsigned int nr_delivered;

static void got(uint64_t vector)
{
    assert_true(nr_delivered < ARRAY_SIZE(delivered));
    delivered[nr_delivered++] = (int)vector;
    vmcb.rflags &= ~(uint64_t)RFLAGS_IF;
}

static void leave(uint64_t code, uint64_t int_info)
{
    vmcb.exit_code = code;
    vmcb.exit_int_info = int_info;
    vmcb.event_inj = 0;
    svm_settle(&sv);
    svm_update_interrupt(&sv);
}

/* VMRUN up to the next exit: at once for a physical interrupt, which comes behind EVENTINJ and
 * before the virtual interrupt; else for a hypercall of the guest, behind the latter. */
static void run(bool physical)
{
    if (vmcb.event_inj & EVENT_VALID)
        got(EVENT_VECTOR(vmcb.event_inj));
    if (!physical && (vmcb.int_ctl & INT_V_IRQ) && (vmcb.rflags & RFLAGS_IF)) {
        if (vmcb.intercept1 & ICPT1_VINTR) {
            leave(VMEXIT_VINTR, 0);
            return;
        }
        vmcb.int_ctl &= ~INT_V_IRQ;
        got((vmcb.int_ctl & INT_V_VECTOR) >> INT_V_VECTOR_SHIFT);
    }
    leave(physical ? VMEXIT_INTR : VMEXIT_VMMCALL, 0);
}

static void request(uint8_t vector)
{
    requests[nr_requests++] = vector;
}

static int setup(void **state)
{
    memset(&vmcb, 0, sizeof(vmcb));
    memset(&dom, 0, sizeof(dom));
    memset(&info, 0, sizeof(info));
    vcpu.info = &info;
    sv = (struct svm_vcpu){.vmcb = &vmcb, .dom = &dom, .vcpu = &vcpu};
    vmcb.rflags = RFLAGS_IF;
    nr_requests = nr_delivered = self_interrupts = 0;
    svm_virq = *state; /* as on QEMU */
    return 0;
}

static void test_comes_once(void **state)
{
    request(TIMER);
    svm_update_interrupt(&sv);
    if (svm_virq) /* QEMU 7.2 may deliver what is in there twice */
        assert_false(vmcb.event_inj & EVENT_VALID);
    run(false);
    vmcb.rflags |= RFLAGS_IF;
    run(false);
    run(false);
    assert_int_equal(nr_delivered, 1);
    assert_int_equal(delivered[0], TIMER);
}

static void test_physical_interrupts_come_first(void **state)
{
    request(TIMER);
    svm_update_interrupt(&sv);
    run(true);
    run(true);
    assert_int_equal(nr_delivered, !svm_virq);
    assert_int_equal(sv.taken != 0, svm_virq);
    run(false);
    vmcb.rflags |= RFLAGS_IF;
    run(false);
    assert_int_equal(nr_delivered, 1);
}

static void test_waits_for_the_flag(void **state)
{
    vmcb.rflags = 0;
    request(TIMER);
    svm_update_interrupt(&sv);
    run(false);
    assert_int_equal(nr_delivered, 0);
    assert_int_equal(nr_requests, 1); /* its controller decides when the time has come */
    vmcb.rflags = RFLAGS_IF;
    run(false);
    assert_int_equal(vmcb.exit_code, VMEXIT_VINTR);
    run(false);
    assert_int_equal(nr_delivered, 1);
    assert_false(sv.window);
}

static void test_waits_behind_a_shadow(void **state)
{
    vmcb.int_shadow = 1;
    request(TIMER);
    svm_update_interrupt(&sv);
    assert_int_equal(nr_requests, 1);
    vmcb.int_shadow = 0;
    run(false);
    run(false);
    assert_int_equal(nr_delivered, 1);
}

/* The second one is due as soon as the first one's handler permits it, exit or not. */
static void test_two_at_once(void **state)
{
    request(TIMER);
    request(DISK);
    svm_update_interrupt(&sv);
    assert_int_equal(self_interrupts, svm_virq);
    run(self_interrupts);
    assert_int_equal(nr_delivered, 1);
    vmcb.rflags |= RFLAGS_IF;
    run(false);
    assert_int_equal(vmcb.exit_code, VMEXIT_VINTR);
    run(false);
    assert_int_equal(nr_delivered, 2);
    assert_int_equal(delivered[0], TIMER);
    assert_int_equal(delivered[1], DISK);
}

/* Left for other work before the guest was entered. */
static void test_two_and_no_entry(void **state)
{
    request(TIMER);
    request(DISK);
    svm_update_interrupt(&sv);
    svm_update_interrupt(&sv);
    assert_int_equal(self_interrupts, svm_virq ? 2 : 0);
    run(true);
    vmcb.rflags |= RFLAGS_IF;
    run(false);
    run(false);
    assert_int_equal(nr_delivered, 2);
}

static void test_upcall_until_its_flag_is_clear(void **state)
{
    dom.upcall_vector = UPCALL;
    info.evtchn_upcall_pending = 1;
    svm_update_interrupt(&sv);
    assert_false(sv.window); /* it is what its own flag asks for */
    run(true);
    run(false);
    assert_int_equal(nr_delivered, 1);
    assert_true(sv.window);
    info.evtchn_upcall_pending = 0;
    vmcb.rflags |= RFLAGS_IF;
    run(false);
    run(false);
    assert_int_equal(nr_delivered, 1);
    assert_false(sv.window);
}

static void test_event_behind_an_interrupt(void **state)
{
    dom.upcall_vector = UPCALL;
    request(TIMER);
    svm_update_interrupt(&sv);
    info.evtchn_upcall_pending = 1;
    run(true);
    run(true);
    assert_int_equal(delivered[0], TIMER);
    assert_true(sv.window);
    vmcb.rflags |= RFLAGS_IF;
    run(false);
    run(false);
    assert_int_equal(nr_delivered, 2);
    assert_int_equal(delivered[1], UPCALL);
}

static void test_interrupted_delivery(void **state)
{
    request(TIMER);
    svm_update_interrupt(&sv);
    vmcb.int_ctl &= ~INT_V_IRQ;
    leave(VMEXIT_NPF, EVENT_VALID | EVENT_INTR << EVENT_TYPE_SHIFT | TIMER);
    assert_int_equal(nr_delivered, 0);
    run(false);
    vmcb.rflags |= RFLAGS_IF;
    run(false);
    assert_int_equal(nr_delivered, 1);
    assert_int_equal(delivered[0], TIMER);
}

/* QEMU 7.2 leaves V_IRQ set, and says that an exception was interrupted. */
static void test_interrupted_delivery_of_qemu(void **state)
{
    request(8);
    svm_update_interrupt(&sv);
    leave(VMEXIT_NPF, EVENT_VALID | EVENT_EXCEPTION << EVENT_TYPE_SHIFT | 8);
    assert_false(vmcb.event_inj & EVENT_VALID);
    run(false);
    vmcb.rflags |= RFLAGS_IF;
    run(false);
    assert_int_equal(nr_delivered, 1);
    assert_int_equal(delivered[0], 8);
}

static void test_nmi_goes_first(void **state)
{
    request(TIMER);
    svm_update_interrupt(&sv);
    sv.pending |= PEND_NMI;
    run(true);
    assert_true(vmcb.event_inj & EVENT_VALID);
    run(false);
    assert_int_equal(nr_delivered, 1);
    assert_int_equal(delivered[0], EXC_NMI);
    vmcb.rflags |= RFLAGS_IF;
    run(false);
    run(false);
    assert_int_equal(nr_delivered, 2);
    assert_int_equal(delivered[1], TIMER);
}

int main(void)
{
    static bool virq = true;
#define BOTH(test)                       \
    cmocka_unit_test_setup(test, setup), \
        cmocka_unit_test_prestate_setup_teardown(test, setup, NULL, &virq)
    const struct CMUnitTest tests[] = {
        BOTH(test_comes_once),
        BOTH(test_physical_interrupts_come_first),
        BOTH(test_waits_for_the_flag),
        BOTH(test_waits_behind_a_shadow),
        BOTH(test_two_at_once),
        BOTH(test_two_and_no_entry),
        BOTH(test_upcall_until_its_flag_is_clear),
        BOTH(test_event_behind_an_interrupt),
        BOTH(test_interrupted_delivery),
        cmocka_unit_test_prestate_setup_teardown(test_interrupted_delivery_of_qemu, setup, NULL,
                                                 &virq),
        cmocka_unit_test_prestate_setup_teardown(test_nmi_goes_first, setup, NULL, &virq),
    };

    return cmocka_run_group_tests_name("svm_inject", tests, NULL, NULL);
}
