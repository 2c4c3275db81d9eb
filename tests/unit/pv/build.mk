# Unit tests of direct paging: x86/pv's page-table code and core's frames, on an array of memory.
PVU       := $(B)/unit/pv
PVU_FLAGS := -Itests/fake/pv -Ihv-stub/include -Ihv-stub/x86/include -Ihv-stub/x86/pv -Ihv-stub/x86 \
        -Ihv-stub/core -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00040e00
PVU_SAN   := -fsanitize=address,undefined -fno-sanitize-recover=all
PVU_SRCS  := $(addprefix hv-stub/core/, palloc.c frame.c frame_dead.c frame_owner.c audit.c grant.c grant_copy.c \
        grant_map.c grant_misc.c grant_pin.c printf.c spinlock.c) \
        $(wildcard hv-stub/core/memory_*.c hv-stub/x86/pv/pt_*.c hv-stub/x86/pv/mmuext*.c) \
        $(addprefix hv-stub/x86/, tlb.c pv/grant.c pv/mmu_update.c pv/update_va.c pv/pv_flush.c \
        pv/ptwr.c pv/ptwr_insn.c pv/insn.c) \
        tests/fake/pv/pvfake.c tests/fake/pv/guest_calls.c tests/unit/pv/pvunit.c
PVU_OBJS  := $(PVU_SRCS:%.c=$(PVU)/%.o)
PVU_TESTS := $(patsubst tests/unit/pv/%.c,$(PVU)/%,$(wildcard tests/unit/pv/test_*.c))

$(PVU)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(PVU_FLAGS) $(PVU_SAN) -c -o $@ $<

$(PVU_TESTS): $(PVU)/%: $(PVU)/tests/unit/pv/%.o $(PVU_OBJS)
	$(HOSTCC) $(PVU_SAN) -o $@ $^ -lcmocka

UNIT_TESTS += $(PVU_TESTS)
-include $(PVU_OBJS:.o=.d) $(PVU_TESTS:$(PVU)/%=$(PVU)/tests/unit/pv/%.d)

# The same code under a fuzzer: the list without what belongs to cmocka.
$(B)/fuzz/fuzz_mmu: tests/fuzz/fuzz_mmu.c $(filter-out tests/unit/pv/pvunit.c,$(PVU_SRCS))
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) $(PVU_FLAGS) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -MF $@.d -o $@ $^

FUZZ_TESTS += $(B)/fuzz/fuzz_mmu

$(B)/fuzz/fuzz_grant: tests/fuzz/fuzz_grant.c $(filter-out tests/unit/pv/pvunit.c,$(PVU_SRCS))
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) $(PVU_FLAGS) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -MF $@.d -o $@ $^

FUZZ_TESTS += $(B)/fuzz/fuzz_grant
