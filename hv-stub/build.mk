# hv-stub: the hypervisor image. Objects are all sources of the folders below.
HV_DIRS  := core x86 x86/boot x86/pv x86/svm device driver backend
HV_SRCS  := $(foreach d,$(HV_DIRS),$(wildcard hv-stub/$(d)/*.c hv-stub/$(d)/*.S))
HV_SRCS  := $(filter-out hv-stub/x86/asm-offsets.c,$(HV_SRCS))
HV_OBJS  := $(patsubst hv-stub/%,$(B)/hv/%.o,$(HV_SRCS))
# Slots 256..271 are out of reach of mcmodel=kernel: position-independent code linked at a fixed place.
HV_CPPFLAGS := -Ihv-stub/include -Ihv-stub/x86/include -I$(B)/hv/gen -D__XEN_TOOLS__ \
        -D__XEN_INTERFACE_VERSION__=0x00040e00
HV_CFLAGS := $(FREESTANDING) -fpie -mcmodel=small -fvisibility=hidden -include hv-stub/include/hidden.h

# What every hypercall, trap or exit passes through is built for speed, the rest for size: the image
# has a limit of 160 KiB. That limit is also why nothing keeps frame pointers or alignment padding,
# and why functions nobody calls are dropped.
HV_HOT := core/hypercall core/multicall core/evtchn_2l core/evtchn_fifo core/evtchn_op\
        core/time core/version core/console_io core/frame x86/guest_access x86/exit x86/switch \
        x86/string x86/pv/iret x86/pv/mode x86/pv/fault x86/pv/cpuid \
        x86/pv/pt_table x86/pv/pt_l1 x86/pv/update_va x86/pv/ptwr x86/pv/mmuext x86/pv/pt_root x86/tlb x86/flush \
        x86/pv/desc_valid x86/pv/segment \
        core/grant_pin backend/net_switch backend/net_frame backend/netback_tx backend/netback_rx backend/netback_parse \
        x86/svm/exit x86/svm/run x86/svm/cpuid
HV_PACK := -fomit-frame-pointer -ffunction-sections -falign-functions=1 \
        $(if $(findstring clang,$(CC)),,-falign-jumps=1 -falign-loops=1)
HV_OPT  = $(HV_PACK) $(if $(filter $(HV_HOT),$*),-O2,-Oz)

$(B)/hv/gen/asm-offsets.h: hv-stub/x86/asm-offsets.c
	@mkdir -p $(@D)
	$(CC) $(HV_CPPFLAGS) $(filter-out -MMD -MP -g,$(HV_CFLAGS)) -MMD -MP -MT $@ -MF $@.d -S -o $@.s $<
	sed -n 's/^.*@@\([A-Z0-9_]*\) [$$]*\([-0-9]*\).*$$/#define \1 \2/p' $@.s > $@

$(B)/hv/%.c.o: hv-stub/%.c $(B)/hv/gen/asm-offsets.h
	@mkdir -p $(@D)
	$(CC) $(HV_CPPFLAGS) $(HV_CFLAGS) $(HV_OPT) -c -o $@ $<

$(B)/hv/%.S.o: hv-stub/%.S $(B)/hv/gen/asm-offsets.h
	@mkdir -p $(@D)
	$(CC) $(HV_CPPFLAGS) -D__ASSEMBLY__ -g -MMD -MP -c -o $@ $<

$(B)/hv-stub64.elf: $(HV_OBJS) hv-stub/x86/hv.lds
	$(LD) -nostdlib -static -no-pie --gc-sections -z noexecstack -z max-page-size=4096 --build-id=none \
		-T hv-stub/x86/hv.lds -Map=$(B)/hv-stub.map -o $@ $(HV_OBJS)

$(B)/hv-stub.elf: $(B)/hv-stub64.elf
	$(OBJCOPY) -I elf64-x86-64 -O elf32-i386 --strip-debug $< $@

# The same image for PVH loaders: QEMU prefers a Multiboot header if there is one.
$(B)/hv-stub-pvh.elf: $(B)/hv-stub64.elf
	$(OBJCOPY) --remove-section .multiboot1 --strip-debug $< $@

ALL += $(B)/hv-stub.elf $(B)/hv-stub-pvh.elf
-include $(HV_OBJS:.o=.d) $(B)/hv/gen/asm-offsets.h.d
-include hv-stub/device/build.mk hv-stub/x86/svm/build.mk
