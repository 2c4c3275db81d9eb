# Boot: what loaders and users hand us, read on the host.
BOOT_FLAGS := -Ihv-stub/include -Ihv-stub/x86/include -Ihv-stub/x86 -Ihv-stub/x86/boot -Ihv-stub/core \
        -Itests/unit/hv_boot -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00040e00
BOOT_SAN   := -fsanitize=address,undefined -fno-sanitize-recover=all
BOOT_READ  := $(addprefix hv-stub/x86/, boot/boot_text.c boot/mb1.c boot/mb2.c boot/pvh.c acpi.c) \
        tests/unit/hv_boot/fake_ram.c

$(B)/unit/hv_boot/test_modline: hv-stub/core/modline.c hv-stub/core/modline_dev.c hv-stub/core/modword.c hv-stub/core/printf.c hv-stub/core/lib.c
$(B)/unit/hv_boot/test_printf: hv-stub/core/printf.c
$(B)/unit/hv_boot/test_ranges: hv-stub/x86/boot/ranges.c
$(B)/unit/hv_boot/test_bootinfo: $(BOOT_READ)
$(B)/unit/hv_boot/test_acpi: $(BOOT_READ)
$(B)/unit/hv_boot/test_tsc: hv-stub/x86/tsc.c
$(B)/unit/hv_boot/test_tsc: BOOT_FLAGS := -Itests/fake/ports $(BOOT_FLAGS)

BOOT_TESTS := $(patsubst %.c,$(B)/%,$(patsubst tests/%,%,$(wildcard tests/unit/hv_boot/test_*.c)))
$(BOOT_TESTS): $(B)/%: tests/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(BOOT_FLAGS) $(BOOT_SAN) -MF $@.d -o $@ $(filter %.c,$^) -lcmocka

$(B)/fuzz/fuzz_bootinfo: tests/fuzz/fuzz_bootinfo.c $(BOOT_READ)
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) $(BOOT_FLAGS) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -MF $@.d -o $@ $^

UNIT_TESTS += $(BOOT_TESTS)
FUZZ_TESTS += $(B)/fuzz/fuzz_bootinfo
-include $(BOOT_TESTS:=.d)
