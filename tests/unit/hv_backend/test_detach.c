/* SPDX-License-Identifier: MIT */
/* Disks that come and go while their domain runs, with front-ends that close as they should, late,
 * or never, and with one that writes nonsense. */
#include "front.h"

#include <stdlib.h>
#include <string.h>

#include "hv_backend.h"
#include "hv_xenstore.h"
#include "xenbus.h"

#define XVDA "vbd/51712"

static int setup(void **state)
{
    front_start(true);
    return 0;
}

static void detach(bool force)
{
    assert_null(backend_detach(front, XVDA, force));
    front_settle();
}

/* Nothing of it is left: nodes, grants, and it can be opened again. */
static void assert_gone(void)
{
    assert_string_equal(front_back_node("frontend"), "");
    assert_string_equal(front_node("backend"), "");
    assert_string_equal(front_node("state"), "");
    assert_null(domain_disk(1, 0));
    assert_int_equal(front_disk.users, 0);
    assert_int_equal(front->grants->nr_pinned, 0);
    assert_non_null(backend_detach(front, XVDA, true));
}

static int attach_to(domid_t id, uint32_t number, const char **wrong)
{
    struct disk_config c = {
        .media = DISK_VIRTIO, .vdev = "xvda", .number = number, .writable = true};

    *wrong = NULL;
    return disk_attach(id, &c, wrong);
}

static void attach(void)
{
    const char *wrong;
    int i = attach_to(1, 51712, &wrong);

    assert_int_equal(i, 0);
    assert_int_equal(blk_backend_attach(front, (uint32_t)i), 0);
    front_settle();
    assert_int_equal(front_back_state(), XenbusStateInitWait);
}

static int read_sector(void)
{
    struct blkif_request r = {.operation = BLKIF_OP_READ, .nr_segments = 1};
    struct blkif_response rsp;

    r.seg[0].gref = FRONT_REF;
    front_put(0, &r);
    front_push(0);
    front_notify(0);
    return front_response(0, &rsp) ? rsp.status : 1;
}

static void test_as_it_should_be(void **state)
{
    front_publish(0, 1);
    detach(false);
    assert_string_equal(front_back_node("online"), "0");
    assert_int_equal(front_back_state(), XenbusStateClosing);
    assert_int_equal(read_sector(), BLKIF_RSP_OKAY); /* it is in use as long as it is not closed */
    front_set_state(XenbusStateClosing);
    assert_int_equal(front->grants->nr_pinned, 0);
    assert_int_equal(front_back_state(), XenbusStateClosing);
    front_set_state(XenbusStateClosed);
    assert_gone();
    attach();
    assert_string_equal(front_back_node("online"), "1");
    front_publish(0, 1);
    assert_int_equal(read_sector(), BLKIF_RSP_OKAY);
    detach(true);
    assert_gone();
}

static void test_one_that_never_closes(void **state)
{
    front_publish(1, 2);
    detach(false);
    detach(false);
    front_set_state(XenbusStateReconfiguring);
    front_set_state(XenbusStateConnected);
    assert_int_equal(read_sector(), BLKIF_RSP_OKAY);
    assert_non_null(domain_disk(1, 0));
    detach(true);
    assert_gone();
    front_write("state", "4"); /* into a folder of its own making */
    front_settle();
    assert_int_equal(front->grants->nr_pinned, 0);
}

static void test_one_that_never_connects(void **state)
{
    detach(false);
    assert_int_equal(front_back_state(), XenbusStateClosing);
    front_publish(0, 1); /* too late */
    assert_int_equal(front_back_state(), XenbusStateClosing);
    assert_int_equal(front->grants->nr_pinned, 0);
    front_set_state(XenbusStateClosed);
    assert_gone();
}

static void test_one_that_was_closed(void **state)
{
    front_set_state(XenbusStateClosed);
    detach(false);
    assert_gone();
}

static void nonsense(const char *what)
{
    front_start(true);
    front_publish(0, 1);
    detach(false);
    front_write("state", what);
    front_settle();
    assert_gone();
}

/* Who says that it is nothing, or begins anew, has nothing. */
static void test_states_that_are_none(void **state)
{
    nonsense("");
    nonsense("banana");
    nonsense("4294967296");
    nonsense("99");
    nonsense("1");
}

static void test_nodes_taken_away(void **state)
{
    front_publish(0, 1);
    detach(false);
    assert_int_equal(hv_xenstore_rm("/local/domain/1/device/vbd/51712"), 0);
    front_settle();
    assert_gone();
}

/* What the disk has comes back first, whoever is in a hurry. */
static void test_requests_under_way(void **state)
{
    front_publish(0, 1);
    front_disk_keeps = true;
    assert_int_equal(read_sector(), 1);
    assert_int_equal(read_sector(), 1);
    detach(false);
    detach(true);
    assert_int_equal(front_in_use(), 1);
    assert_non_null(domain_disk(1, 0));
    assert_int_equal(read_sector(), 1); /* none is taken any more */
    assert_int_equal(front_nr_kept, 2);
    front_end_kept(0, 0);
    front_settle();
    assert_non_null(domain_disk(1, 0));
    front_end_kept(0, 0);
    front_settle();
    assert_gone();
    front_disk_keeps = false;
}

static void test_broken_ring_meanwhile(void **state)
{
    front_publish(0, 1);
    front_sring(0)->req_prod += 1000;
    detach(false);
    front_notify(0);
    assert_int_equal(front_back_state(), XenbusStateClosing);
    assert_int_equal(front->grants->nr_pinned, 0);
    front_set_state(XenbusStateClosed);
    assert_gone();
}

/* Put requests there, and say nothing. */
static void put(unsigned n)
{
    struct blkif_request r = {.operation = BLKIF_OP_READ, .nr_segments = 1};

    r.seg[0].gref = FRONT_REF;
    for (r.id = 0; r.id < n; r.id++)
        front_put(0, &r);
    front_push(0);
}

/* Linux has put them there, and waits for them, when it says that it closes. */
static void test_what_was_there_is_served(void **state)
{
    struct blkif_response rsp;

    front_publish(4, 1);
    put(200);
    front_set_state(XenbusStateClosing);
    for (unsigned i = 0; i < 200; i++)
        assert_true(front_response(0, &rsp) && rsp.status == BLKIF_RSP_OKAY);
    assert_int_equal(front_back_state(), XenbusStateClosing);
    put(1);
    front_notify(0);
    assert_false(front_response(0, &rsp));
    assert_int_equal(front->grants->nr_pinned, 0);
    detach(true);
}

/* … but its memory may be anything when another kernel says that it begins. */
static void test_what_another_kernel_left(void **state)
{
    front_publish(0, 1);
    put(1);
    front_set_state(XenbusStateInitialising);
    assert_string_equal(front_ops, "");
    assert_int_equal(front_back_state(), XenbusStateInitWait);
    detach(true);
}

/* A back-end that had begun anew, and waits for its front-end to follow. */
static void test_restarted_meanwhile(void **state)
{
    front_publish(0, 1);
    xenbus_restart(xenbus_devices);
    front_settle();
    front_set_state(XenbusStateClosing);
    front_set_state(XenbusStateClosed);
    assert_int_equal(front_back_state(), XenbusStateInitWait);
    detach(false);
    assert_gone();
}

static void test_domain_ends_meanwhile(void **state)
{
    front_publish(0, 1);
    detach(false);
    domain_shutdown(front, SHUTDOWN_reboot);
    fake_exit();
    for (unsigned i = 0; i < 20 && domain_disk(1, 0); i++) {
        domain_reap_check();
        front_settle();
    }
    assert_int_equal(front->grants->nr_pinned, 0);
    assert_null(domain_disk(1, 0)); /* nor after a new start */
    assert_int_equal(front_disk.users, 0);
}

/* What a guest leaves where a device will be is no part of it. */
static void test_guest_was_there_first(void **state)
{
    detach(true);
    assert_gone();
    front_write("state", "3");
    front_write("ring-ref", "1");
    attach();
    assert_string_equal(front_node("ring-ref"), "");
    assert_int_equal(front_state(), XenbusStateInitialising);
    detach(true);
}

static void nobody_uses_it(void)
{
    front_disk.has_writer = false;
    front_disk.users = 0;
}

static void test_as_many_as_there_may_be(void **state)
{
    const char *wrong;

    assert_int_equal(attach_to(1, 51712, &wrong), -1); /* its name is taken */
    assert_non_null(wrong);
    assert_int_equal(attach_to(1, 51728, &wrong), -1); /* the medium has a writer */
    assert_non_null(wrong);
    for (uint32_t i = 1; i < HV_MAX_DISKS; i++) {
        nobody_uses_it();
        assert_int_equal(attach_to(1, 51712 + 16 * i, &wrong), (int)i);
        assert_null(wrong);
    }
    nobody_uses_it();
    assert_int_equal(attach_to(1, 51952, &wrong), -1);
    for (uint32_t i = 1; i < HV_MAX_DISKS; i++) {
        front_disk.users = 1;
        disk_detach(domain_disk(1, i));
    }
    front_disk.users = 1;
}

static void test_nothing_is_lost(void **state)
{
    uint64_t before = 0;

    for (unsigned i = 0; i < 50; i++) {
        front_publish(i % 3, 1 + i % 2);
        assert_int_equal(read_sector(), BLKIF_RSP_OKAY);
        detach(i % 2);
        front_set_state(XenbusStateClosed);
        assert_int_equal(hv_xenstore_rm("/local/domain/1/device/vbd/51712"), 0);
        if (!before)
            before = palloc_free_frames();
        assert_int_equal(palloc_free_frames(), before);
        attach();
    }
    assert_int_equal(front_disk.users, 1);
}

/* Memory of a disk that was one domain's is there for the next. */
static void test_memory_of_a_disk(void **state)
{
    struct disk_config c = {.mib = 4, .vdev = "xvdb", .number = 51728, .writable = true};
    const char *wrong = NULL;
    uint64_t before = 0;

    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(disk_attach(1, &c, &wrong), 1);
        assert_int_equal(domain_disk(1, 1)->disk->sectors, 4 << 11);
        disk_detach(domain_disk(1, 1));
        if (!before)
            before = palloc_free_frames();
        assert_int_equal(palloc_free_frames(), before);
    }
    c.mib = 1u << 20;
    assert_int_equal(disk_attach(1, &c, &wrong), -1);
    assert_non_null(wrong);
    assert_int_equal(palloc_free_frames(), before);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_as_it_should_be),          T(test_one_that_never_closes),
        T(test_one_that_never_connects),  T(test_one_that_was_closed),
        T(test_states_that_are_none),     T(test_nodes_taken_away),
        T(test_requests_under_way),       T(test_what_was_there_is_served),
        T(test_what_another_kernel_left), T(test_broken_ring_meanwhile),
        T(test_restarted_meanwhile),      T(test_guest_was_there_first),
        T(test_as_many_as_there_may_be),  T(test_nothing_is_lost),
        T(test_memory_of_a_disk),         T(test_domain_ends_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
