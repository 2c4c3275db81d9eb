# A PVH guest that starts its second processor by hypercall, in every way: build/guest-pvh.elf
PVHG_OBJS := $(addprefix $(B)/tests/guest/pvh/,start.o main.o cases.o calls.o memory.o ring.o)
-include $(PVHG_OBJS:.o=.d)

$(B)/tests/guest/pvh/%.o: tests/guest/pvh/%.c
	@mkdir -p $(@D)
	$(CC) $(FREESTANDING) $(HYPERCALL_INC) -fno-pic -c -o $@ $<

$(B)/tests/guest/pvh/%.o: tests/guest/common/%.c
	@mkdir -p $(@D)
	$(CC) $(FREESTANDING) $(HYPERCALL_INC) -fno-pic -c -o $@ $<

$(B)/tests/guest/pvh/%.o: tests/guest/pvh/%.S
	@mkdir -p $(@D)
	$(CC) $(FREESTANDING) $(HYPERCALL_INC) -c -o $@ $<

$(B)/guest-pvh.elf: $(PVHG_OBJS) $(HYPERCALL_LIB) tests/guest/pvh/pvh.lds
	$(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments -T tests/guest/pvh/pvh.lds \
		-o $@ $(PVHG_OBJS) $(HYPERCALL_LIB)

ALL += $(B)/guest-pvh.elf
