# The front-ends on a fake port, against fake back-ends: unit tests, and fuzzers for both.
PVD := $(B)/unit/pvdrivers
PVD_FLAGS := -Ipv-drivers -Ipv-drivers/core -Itests/fake/port -iquote tests/unit/pvdrivers \
        -D_GNU_SOURCE -pthread
PVD_SAN   := -fsanitize=address,undefined -fno-sanitize-recover=all
PVD_SRCS  := $(wildcard pv-drivers/core/*.c tests/fake/port/*.c)
PVD_OBJS  := $(PVD_SRCS:%.c=$(PVD)/%.o)
PVD_TESTS := $(patsubst tests/unit/pvdrivers/%.c,$(PVD)/%,$(wildcard tests/unit/pvdrivers/test_*.c))

$(PVD)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(PVD_FLAGS) $(PVD_SAN) -c -o $@ $<

$(filter $(PVD)/test_blkfront%,$(PVD_TESTS)): $(PVD)/tests/unit/pvdrivers/blk_unit.o
$(filter $(PVD)/test_netfront%,$(PVD_TESTS)): $(PVD)/tests/unit/pvdrivers/net_unit.o
$(PVD_TESTS): $(PVD)/%: $(PVD)/tests/unit/pvdrivers/%.o $(PVD_OBJS)
	$(HOSTCC) $(PVD_SAN) -pthread -o $@ $^ -lcmocka

UNIT_TESTS += $(PVD_TESTS)
-include $(PVD_OBJS:.o=.d) $(wildcard $(PVD)/tests/unit/pvdrivers/*_unit.d) $(PVD_TESTS:$(PVD)/%=$(PVD)/tests/unit/pvdrivers/%.d)

PVD_FUZZ := $(B)/fuzz/fuzz_blkfront $(B)/fuzz/fuzz_netfront

$(PVD_FUZZ): $(B)/fuzz/%: tests/fuzz/%.c $(PVD_SRCS)
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) $(PVD_FLAGS) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -MF $@.d -o $@ $(filter %.c,$^)

FUZZ_TESTS += $(PVD_FUZZ)
