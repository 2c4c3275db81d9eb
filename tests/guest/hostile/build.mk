# A guest that attacks: build/guest-hostile-pv.elf (cases by name or group on its command line)
HOSTILE_SRCS := $(wildcard tests/guest/hostile/*.c tests/guest/hostile/*.S) tests/guest/hostile/ring.c tests/guest/hostile/mem.S
HOSTILE_OBJS := $(patsubst tests/guest/%,$(B)/tests/guest/%.o,$(HOSTILE_SRCS))
-include $(HOSTILE_OBJS:.o=.d)

$(B)/tests/guest/hostile/%.o: tests/guest/hostile/%
	@mkdir -p $(@D)
	$(CC) $(FREESTANDING) $(HYPERCALL_INC) -mcmodel=kernel -fno-pic -c -o $@ $<

$(B)/tests/guest/hostile/%.o: tests/guest/common/%
	@mkdir -p $(@D)
	$(CC) $(FREESTANDING) $(HYPERCALL_INC) -mcmodel=kernel -fno-pic -c -o $@ $<

$(B)/guest-hostile-pv.elf: $(HOSTILE_OBJS) $(HYPERCALL_LIB) tests/guest/hello/hello.lds
	$(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack -T tests/guest/hello/hello.lds \
		-o $@ $(HOSTILE_OBJS) $(HYPERCALL_LIB)

ALL += $(B)/guest-hostile-pv.elf
