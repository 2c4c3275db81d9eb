# Unit tests of the hypervisor's portable part, linked against the fake machine.
HVU       := $(B)/unit/hv
HVU_FLAGS := -Ihv-stub/include -Itests/fake/include -Itests/fake -iquote hv-stub/core -iquote tests/unit/hv \
        -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00040e00 \
        -fsanitize=address,undefined -fno-sanitize-recover=all

# Services: everything but memory, which a stand-in replaces.
HVU_SERVICES := $(addprefix hv-stub/core/, console.c console_io.c console_ring.c diag.c domain.c \
        evtchn.c evtchn_2l.c evtchn_bind.c evtchn_control.c evtchn_fifo.c evtchn_op.c hypercall.c lib.c log.c multicall.c printf.c privileged.c \
        sysctl.c domctl.c perfc.c reap.c restart.c sched.c sched_op.c spinlock.c stats.c suspend.c time.c timer.c vcpu_op.c version.c vm_assist.c) \
        $(wildcard hv-stub/core/xs_*.c) tests/fake/fake.c tests/unit/hv/world.c tests/unit/hv/stub_frames.c \
        tests/unit/hv/stub_handlers.c
HVU_SERVICE_OBJS  := $(patsubst %.c,$(HVU)/%.o,$(HVU_SERVICES))
HVU_SERVICE_TESTS := $(patsubst tests/unit/hv/%.c,$(HVU)/%,$(wildcard $(addprefix tests/unit/hv/test_, \
        $(addsuffix .c, evtchn evtchn_fifo evtchn_races sched sched_cpus hypercall multicall time timer vcpu_op \
        sched_op suspend console domain version))))

$(HVU)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(HVU_FLAGS) -c -o $@ $<

$(HVU_SERVICE_TESTS): $(HVU)/%: $(HVU)/tests/unit/hv/%.o $(HVU_SERVICE_OBJS)
	$(HOSTCC) -fsanitize=address,undefined -pthread -o $@ $^ -lcmocka

# Memory: the real thing, on a machine whose page tables are valid when a test says so.
HVU_MEMORY := $(filter-out tests/unit/hv/stub_frames.c,$(HVU_SERVICES)) tests/unit/hv/fake_frames.c \
        $(addprefix hv-stub/core/, audit.c control_dev.c disk.c disk_limit.c disk_ram.c frame.c frame_dead.c frame_owner.c grant.c \
        control.c modline_dev.c modword.c grant_copy.c grant_map.c grant_misc.c grant_pin.c job.c memory_exchange.c memory_op.c \
        memory_reservation.c palloc.c)
HVU_MEMORY_OBJS  := $(patsubst %.c,$(HVU)/%.o,$(HVU_MEMORY))
HVU_MEMORY_TESTS := $(addprefix $(HVU)/test_, control disk observe job palloc frame audit grant grant_races memory_op memory_exchange)

$(HVU_MEMORY_TESTS): $(HVU)/%: $(HVU)/tests/unit/hv/%.o $(HVU_MEMORY_OBJS)
	$(HOSTCC) -fsanitize=address,undefined -pthread -o $@ $^ -lcmocka

HVU_FUZZ := $(addprefix $(B)/fuzz/fuzz_, control evtchn observe)

$(HVU_FUZZ): $(B)/fuzz/%: tests/fuzz/%.c $(HVU_MEMORY)
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) $(filter-out -fsanitize=%,$(HVU_FLAGS)) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -MF $@.d -o $@ $(filter %.c,$^) -lcmocka

FUZZ_TESTS += $(HVU_FUZZ)
UNIT_TESTS += $(HVU_SERVICE_TESTS)
UNIT_TESTS += $(HVU_MEMORY_TESTS)
-include $(HVU_MEMORY_OBJS:.o=.d) $(patsubst $(HVU)/%,$(HVU)/tests/unit/hv/%.d,$(HVU_MEMORY_TESTS))
-include $(HVU_SERVICE_OBJS:.o=.d) $(patsubst $(HVU)/%,$(HVU)/tests/unit/hv/%.d,$(HVU_SERVICE_TESTS))
