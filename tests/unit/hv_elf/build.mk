# Guest images: unit test of the parser, and a fuzzer for it.
ELF_SRCS  := hv-stub/core/elf.c hv-stub/core/elf_pv.c hv-stub/core/lib.c
ELF_FLAGS := -Ihv-stub/include -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00040e00

$(B)/unit/hv_elf/test_elf: tests/unit/hv_elf/test_elf.c $(ELF_SRCS)
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(ELF_FLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all \
		-MF $@.d -o $@ $^ -lcmocka

$(B)/fuzz/fuzz_elf: tests/fuzz/fuzz_elf.c $(ELF_SRCS)
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) $(ELF_FLAGS) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -MF $@.d -o $@ $^

UNIT_TESTS += $(B)/unit/hv_elf/test_elf
FUZZ_TESTS += $(B)/fuzz/fuzz_elf
