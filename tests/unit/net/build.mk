# The virtual switch and the network back-end on a host, with cards, grants and time played by world.c.
NETU := $(B)/unit/net
NETU_FLAGS := -Ihv-stub/include -Itests/fake/include -iquote hv-stub/backend -iquote tests/unit/net \
        -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00040e00
NETU_SRCS  := $(addprefix hv-stub/backend/,net_frame.c net_gso.c net_port.c net_switch.c netback_parse.c \
        netback_rx.c netback_tx.c) $(addprefix hv-stub/core/,lib.c spinlock.c) tests/unit/net/world.c
NETU_HDRS  := $(wildcard hv-stub/backend/*.h hv-stub/include/*.h tests/unit/net/*.h)
NETU_TESTS := $(addprefix $(NETU)/test_,switch packets netback)

$(NETU_TESTS): $(NETU)/%: tests/unit/net/%.c $(NETU_SRCS) $(NETU_HDRS)
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(NETU_FLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all \
		-MF $@.d -o $@ $(filter %.c,$^) -lcmocka

$(B)/fuzz/fuzz_net: tests/fuzz/fuzz_net.c $(NETU_SRCS) $(NETU_HDRS)
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) $(NETU_FLAGS) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -MF $@.d -o $@ $(filter %.c,$^)

UNIT_TESTS += $(NETU_TESTS)
FUZZ_TESTS += $(B)/fuzz/fuzz_net
-include $(NETU_TESTS:=.d)
