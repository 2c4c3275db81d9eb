# A 32-bit Multiboot kernel that tries what the shim does not: build/guest-fv.elf
FVG_OBJS := $(addprefix $(B)/tests/guest/fv/,start.o main.o tests.o tests_device.o tests_io.o)
FVG_CFLAGS := $(filter-out -mno-red-zone,$(FREESTANDING)) -m32 -march=i686 -fno-pic
-include $(FVG_OBJS:.o=.d)

$(B)/tests/guest/fv/%.o: tests/guest/fv/%.c
	@mkdir -p $(@D)
	$(CC) $(FVG_CFLAGS) -c -o $@ $<

$(B)/tests/guest/fv/%.o: tests/guest/fv/%.S
	@mkdir -p $(@D)
	$(CC) $(FVG_CFLAGS) -c -o $@ $<

$(B)/guest-fv.elf: $(FVG_OBJS) tests/guest/fv/fv.lds
	$(LD) -m elf_i386 -nostdlib -static -z noexecstack --no-warn-rwx-segments -T tests/guest/fv/fv.lds -o $@ $(FVG_OBJS)

ALL += $(B)/guest-fv.elf
