# guest-shim: the reference kernel, once native and once para-virtualized.
# Shared objects are the same files in both images; the variants differ by the lists below only.
SHIM_OUT    := $(B)/guest-shim
SHIM_CFLAGS := $(FREESTANDING) -mcmodel=kernel -fno-pic -Iguest-shim/include $(HYPERCALL_INC)
SHIM_LD     := $(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none

SHIM_USER_SRC   := $(wildcard guest-shim/user/*.c guest-shim/user/*.S)
SHIM_SHARED_SRC := $(wildcard guest-shim/kernel/*.c guest-shim/net/*.c guest-shim/x86/*.c guest-shim/x86/*.S)
SHIM_NATIVE_SRC := $(wildcard guest-shim/x86/native/*.c guest-shim/x86/native/*.S guest-shim/hw/*.c)
SHIM_XEN_SRC    := $(wildcard guest-shim/x86/xen/*.c guest-shim/x86/xen/*.S)
# PV front-ends: portable core, and the port to the shim.
SHIM_PVD_SRC    := $(wildcard pv-drivers/core/*.c pv-drivers/shim/*.c)

shim-objects = $(addprefix $(B)/,$(addsuffix .o,$(basename $(1))))
SHIM_USER_OBJ   := $(call shim-objects,$(SHIM_USER_SRC))
SHIM_SHARED_OBJ := $(call shim-objects,$(SHIM_SHARED_SRC))
SHIM_NATIVE_OBJ := $(call shim-objects,$(SHIM_NATIVE_SRC))
SHIM_XEN_OBJ    := $(call shim-objects,$(SHIM_XEN_SRC))
SHIM_PVD_OBJ    := $(SHIM_PVD_SRC:%.c=$(SHIM_OUT)/%.o)

-include $(patsubst %.o,%.d,$(SHIM_USER_OBJ) $(SHIM_SHARED_OBJ) $(SHIM_NATIVE_OBJ) $(SHIM_XEN_OBJ) \
        $(SHIM_PVD_OBJ))

$(SHIM_OUT)/user/%.o: guest-shim/user/%.c
	@mkdir -p $(@D)
	$(CC) $(FREESTANDING) -fno-pic -Iguest-shim/include -c -o $@ $<

$(SHIM_OUT)/pv-drivers/%.o: pv-drivers/%.c
	@mkdir -p $(@D)
	$(CC) $(SHIM_CFLAGS) -Ipv-drivers -Ipv-drivers/core -c -o $@ $<

$(SHIM_OUT)/%.o: guest-shim/%.c
	@mkdir -p $(@D)
	$(CC) $(SHIM_CFLAGS) -c -o $@ $<

$(SHIM_OUT)/%.o: guest-shim/%.S
	@mkdir -p $(@D)
	$(CC) $(SHIM_CFLAGS) -DUSER_IMAGE='"$(SHIM_OUT)/user/user.bin"' -c -o $@ $<

$(SHIM_OUT)/user/user.elf: $(SHIM_USER_OBJ) guest-shim/user/user.lds
	$(SHIM_LD) -e _start -T guest-shim/user/user.lds -o $@ $(SHIM_USER_OBJ)

$(SHIM_OUT)/user/user.bin: $(SHIM_OUT)/user/user.elf
	$(OBJCOPY) -O binary $< $@

$(SHIM_OUT)/x86/image.o: $(SHIM_OUT)/user/user.bin

$(B)/guest-shim-native.elf: $(SHIM_SHARED_OBJ) $(SHIM_NATIVE_OBJ) $(SHIM_PVD_OBJ) \
		$(HYPERCALL_LIB) guest-shim/x86/kernel.lds
	$(SHIM_LD) -T guest-shim/x86/kernel.lds -e start32 -o $@ $(SHIM_SHARED_OBJ) $(SHIM_NATIVE_OBJ) \
		$(SHIM_PVD_OBJ) $(HYPERCALL_LIB)

$(B)/guest-shim-pv.elf: $(SHIM_SHARED_OBJ) $(SHIM_XEN_OBJ) $(SHIM_PVD_OBJ) \
		$(HYPERCALL_LIB) guest-shim/x86/kernel.lds
	$(SHIM_LD) -T guest-shim/x86/kernel.lds -e _start -o $@ $(SHIM_SHARED_OBJ) $(SHIM_XEN_OBJ) \
		$(SHIM_PVD_OBJ) $(HYPERCALL_LIB)

ALL += $(B)/guest-shim-native.elf $(B)/guest-shim-pv.elf

# Every pv_ops entry with its two implementations, for readers.
.PHONY: show-port
show-port:
	@sh guest-shim/show-port.sh guest-shim

# Every header compiles alone.
SHIM_HEADERS := $(wildcard guest-shim/include/*.h guest-shim/x86/*.h guest-shim/x86/*/*.h guest-shim/user/*.h \
        guest-shim/net/*.h guest-shim/hw/*.h guest-shim/kernel/*.h)

LINT_TARGETS += header-check-shim
.PHONY: header-check-shim
header-check-shim: $(SHIM_HEADERS:%=$(B)/header-check/%.ok)

$(B)/header-check/guest-shim/%.ok: guest-shim/%
	@mkdir -p $(@D)
	@echo '#include "$<"' | $(CC) $(SHIM_CFLAGS) -I. -MF $@.d -MT $@ -fsyntax-only -x c -
	@touch $@

-include $(SHIM_HEADERS:%=$(B)/header-check/%.ok.d)
