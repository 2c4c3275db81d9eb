# A back-end that attacks front-ends, run in dom0 of the lab: build/hostile-backend
HOSTILE_BACKEND_OBJS := $(patsubst tests/xen/hostile/%.c,$(B)/tests/xen/hostile/%.o,$(wildcard tests/xen/hostile/*.c))
-include $(HOSTILE_BACKEND_OBJS:.o=.d)

$(B)/tests/xen/hostile/%.o: tests/xen/hostile/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) -c -o $@ $<

$(B)/hostile-backend: $(HOSTILE_BACKEND_OBJS)
	$(HOSTCC) -static -o $@ $^ -lxenstore -lxenevtchn -lxengnttab -lxentoolcore -lxentoollog -lpthread

ALL += $(B)/hostile-backend
