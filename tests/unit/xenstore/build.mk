# The store: its requests against what xenstored 4.17 answers, its limits, and a fuzzer.
XSU := $(B)/unit/xenstore
XSU_FLAGS := -Ihv-stub/include -Itests/fake/include -iquote hv-stub/core -iquote tests/unit/xenstore \
        -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00040e00
XSU_SRCS  := $(wildcard hv-stub/core/xs_*.c) $(addprefix hv-stub/core/,lib.c printf.c spinlock.c) \
        tests/unit/xenstore/world.c
XSU_TESTS := $(addprefix $(XSU)/test_,session ring limits hv)

$(XSU)/test_session: tests/unit/xenstore/play.c
$(filter-out $(XSU)/test_session,$(XSU_TESTS)): tests/unit/xenstore/guest.c
$(XSU_TESTS): $(XSU)/%: tests/unit/xenstore/%.c $(XSU_SRCS)
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(XSU_FLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all \
		-MF $@.d -o $@ $(filter %.c,$^) -lcmocka

$(B)/fuzz/fuzz_xenstore: tests/fuzz/fuzz_xenstore.c $(XSU_SRCS)
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) $(XSU_FLAGS) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -MF $@.d -o $@ $(filter %.c,$^)

UNIT_TESTS += $(XSU_TESTS)
FUZZ_TESTS += $(B)/fuzz/fuzz_xenstore

# The guest's side against it, with the processor of the library's own unit tests.
XSU_CLIENT_SRCS := tests/unit/xenstore/test_client.c tests/unit/hypercall/fake.c \
        $(wildcard hypercall/xenstore*.c hypercall/xenbus*.c)
XSU_CLIENT_OBJS := $(XSU_CLIENT_SRCS:%.c=$(XSU)/client/%.o) $(XSU_SRCS:%.c=$(XSU)/store/%.o)

$(XSU)/client/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HYPERCALL_UNIT_CFLAGS) -iquote tests/unit/xenstore -c -o $@ $<

$(XSU)/store/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(XSU_FLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all -c -o $@ $<

$(XSU)/test_client: $(XSU_CLIENT_OBJS)
	$(HOSTCC) -fsanitize=address,undefined -o $@ $^ -lcmocka

UNIT_TESTS += $(XSU)/test_client
-include $(XSU_CLIENT_OBJS:.o=.d)
