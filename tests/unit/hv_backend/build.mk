# Back-ends against a front-end that the test steers, on the portable part's fake machine.
BEU      := $(B)/unit/hv_backend
BEU_SRCS := hv-stub/backend/xenbus.c $(wildcard hv-stub/backend/blk_*.c) tests/unit/hv_backend/front.c
BEU_TESTS := $(BEU)/test_blk $(BEU)/test_blk_gather $(BEU)/test_detach $(BEU)/test_xenbus
BEU_FLAGS := -iquote hv-stub/backend -iquote tests/unit/hv_backend

$(BEU)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(HVU_FLAGS) $(BEU_FLAGS) -c -o $@ $<

$(BEU_TESTS): $(BEU)/%: $(BEU)/tests/unit/hv_backend/%.o $(BEU_SRCS:%.c=$(BEU)/%.o) $(HVU_MEMORY_OBJS)
	$(HOSTCC) -fsanitize=address,undefined -pthread -o $@ $^ -lcmocka

# The column of docs/xenbus.md that hv-stub and the library for guests both have.
$(BEU)/test_xenbus: $(BEU)/hypercall/xenbus_table.o
$(BEU)/hypercall/xenbus_table.o $(BEU)/tests/unit/hv_backend/test_xenbus.o: $(BEU)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HYPERCALL_UNIT_CFLAGS) -c -o $@ $<

UNIT_TESTS += $(BEU_TESTS)
-include $(BEU_SRCS:%.c=$(BEU)/%.d) $(BEU_TESTS:$(BEU)/%=$(BEU)/tests/unit/hv_backend/%.d)

$(B)/fuzz/fuzz_blk: tests/fuzz/fuzz_blk.c $(BEU_SRCS) $(HVU_MEMORY)
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) $(filter-out -fsanitize%,$(HVU_FLAGS)) $(BEU_FLAGS) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -MF $@.d -o $@ $(filter %.c,$^) -lcmocka -pthread

FUZZ_TESTS += $(B)/fuzz/fuzz_blk
