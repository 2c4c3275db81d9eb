# Drivers, with the test as the device.
DRVU       := $(B)/unit/driver
DRVU_FLAGS := -Ihv-stub/include -Itests/fake/include -Itests/fake -iquote hv-stub/driver \
        -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00040e00
DRVU_TESTS := $(DRVU)/test_virtq $(DRVU)/test_virtio_blk $(DRVU)/test_virtio_net

$(DRVU)/test_virtq: hv-stub/driver/virtio.c
$(DRVU)/test_virtio_blk: hv-stub/driver/virtio_blk.c
$(DRVU)/test_virtio_net: hv-stub/driver/virtio_net.c

$(DRVU_TESTS): $(DRVU)/%: tests/unit/driver/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(DRVU_FLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all \
		-MF $@.d -o $@ $(filter %.c,$^) -lcmocka

UNIT_TESTS += $(DRVU_TESTS)
-include $(DRVU_TESTS:=.d)
