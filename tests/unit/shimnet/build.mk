# Unit tests of the shim's network stack: two of it, and a wire that loses what it is given.
SHIMNET       := $(B)/unit/shimnet
SHIMNET_FLAGS := -Iguest-shim/include -Iguest-shim/net -Itests/unit/shimnet -fsanitize=address,undefined \
        -fno-sanitize-recover=all
SHIMNET_SRCS  := $(wildcard guest-shim/net/*.c) tests/unit/shimnet/wire.c
SHIMNET_OBJS  := $(SHIMNET_SRCS:%.c=$(SHIMNET)/%.o)
SHIMNET_TESTS := $(patsubst tests/unit/shimnet/%.c,$(SHIMNET)/%,$(wildcard tests/unit/shimnet/test_*.c))

$(SHIMNET)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(SHIMNET_FLAGS) -c -o $@ $<

$(SHIMNET_TESTS): $(SHIMNET)/%: $(SHIMNET)/tests/unit/shimnet/%.o $(SHIMNET_OBJS)
	$(HOSTCC) -fsanitize=address,undefined -o $@ $^ -lcmocka

UNIT_TESTS += $(SHIMNET_TESTS)
-include $(SHIMNET_OBJS:.o=.d) $(SHIMNET_TESTS:$(SHIMNET)/%=$(SHIMNET)/tests/unit/shimnet/%.d)

# Any frames at all, to a stack with open ports and connections.
$(B)/fuzz/fuzz_shimnet: tests/fuzz/fuzz_shimnet.c $(SHIMNET_SRCS)
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) $(filter-out -fsanitize=% -fno-sanitize%,$(SHIMNET_FLAGS)) \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -MF $@.d -o $@ $^

FUZZ_TESTS += $(B)/fuzz/fuzz_shimnet
