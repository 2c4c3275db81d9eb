# The smallest PV guest: build/guest-hello-pv.elf
HELLO_OBJS := $(addprefix $(B)/tests/guest/hello/,start.o hello.o)
-include $(HELLO_OBJS:.o=.d)

$(B)/tests/guest/hello/%.o: tests/guest/hello/%.c
	@mkdir -p $(@D)
	$(CC) $(FREESTANDING) -mcmodel=kernel -fno-pic -c -o $@ $<

$(B)/tests/guest/hello/%.o: tests/guest/hello/%.S
	@mkdir -p $(@D)
	$(CC) $(FREESTANDING) -c -o $@ $<

$(B)/guest-hello-pv.elf: $(HELLO_OBJS) tests/guest/hello/hello.lds
	$(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack -T tests/guest/hello/hello.lds -o $@ $(HELLO_OBJS)

ALL += $(B)/guest-hello-pv.elf
