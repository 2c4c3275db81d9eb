# hv-stub/device: what every port access passes through
HV_HOT += device/bus

# hv-stub/device: unit tests of the device models (their objects join HV_SRCS by folder)
DEVICE_SRCS := $(wildcard hv-stub/device/*.c)
DEVICE_TESTS := bus pic ioapic lapic uart pit rtc pc ata ne2000
DEVICE_UNIT := $(B)/unit/device
DEVICE_UNIT_CFLAGS := $(HOST_CFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all \
        -Ihv-stub/device -Itests/unit/device

$(DEVICE_UNIT)/%.o: hv-stub/device/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(DEVICE_UNIT_CFLAGS) -c -o $@ $<

$(DEVICE_UNIT)/%.o: tests/unit/device/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(DEVICE_UNIT_CFLAGS) -c -o $@ $<

DEVICE_UNIT_OBJS := $(patsubst hv-stub/device/%.c,$(DEVICE_UNIT)/%.o,$(DEVICE_SRCS)) \
        $(DEVICE_UNIT)/machine.o

$(DEVICE_TESTS:%=$(DEVICE_UNIT)/test_%): %: %.o $(DEVICE_UNIT_OBJS)
	$(HOSTCC) -fsanitize=address,undefined -o $@ $^ -lcmocka

$(B)/fuzz/fuzz_device: tests/fuzz/fuzz_device.c tests/unit/device/machine.c $(DEVICE_SRCS)
	@mkdir -p $(@D)
	clang $(filter-out -MMD -MP,$(HOST_CFLAGS)) -Ihv-stub/device -Itests/unit/device -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $^ -lcmocka

FUZZ_TESTS += $(B)/fuzz/fuzz_device
UNIT_TESTS += $(DEVICE_TESTS:%=$(DEVICE_UNIT)/test_%)
-include $(DEVICE_UNIT_OBJS:.o=.d) $(DEVICE_TESTS:%=$(DEVICE_UNIT)/test_%.d)
