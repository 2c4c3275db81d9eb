# A guest that prints what the ABI answers, a line per question: build/guest-conform-pv.elf
CONFORM_SRCS := $(wildcard tests/guest/conform/*.c tests/guest/conform/*.S) tests/guest/conform/ring.c tests/guest/conform/mem.S
CONFORM_OBJS := $(patsubst tests/guest/%,$(B)/tests/guest/%.o,$(CONFORM_SRCS))
-include $(CONFORM_OBJS:.o=.d)

$(B)/tests/guest/conform/%.o: tests/guest/conform/%
	@mkdir -p $(@D)
	$(CC) $(FREESTANDING) $(HYPERCALL_INC) -fno-pic -c -o $@ $<

$(B)/tests/guest/conform/%.o: tests/guest/common/%
	@mkdir -p $(@D)
	$(CC) $(FREESTANDING) $(HYPERCALL_INC) -fno-pic -c -o $@ $<

$(B)/guest-conform-pv.elf: $(CONFORM_OBJS) $(HYPERCALL_LIB) tests/guest/conform/conform.lds
	$(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack -T tests/guest/conform/conform.lds \
		-o $@ $(CONFORM_OBJS) $(HYPERCALL_LIB)

ALL += $(B)/guest-conform-pv.elf
