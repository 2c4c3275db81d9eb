# A Linux program that attacks as root, run from an initial RAM disk: build/linux-root-attacks
ROOT_OBJS := $(patsubst tests/guest/root/%.c,$(B)/tests/guest/root/%.o,$(wildcard tests/guest/root/*.c))
-include $(ROOT_OBJS:.o=.d)

$(B)/tests/guest/root/%.o: tests/guest/root/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) -D__XEN_INTERFACE_VERSION__=0x00040e00 -c -o $@ $<

$(B)/linux-root-attacks: $(ROOT_OBJS)
	$(HOSTCC) -static -o $@ $^

ALL += $(B)/linux-root-attacks
