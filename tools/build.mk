# tools: programs for the host.
include tools/lint/build.mk
TOOL_CFLAGS := $(HOST_CFLAGS) -D_GNU_SOURCE
HVRUN_OBJ := $(addprefix $(B)/,$(addsuffix .o,$(basename $(wildcard tools/hvrun/*.c tools/hvrun/*.S))))

$(B)/tools/%.o: tools/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(TOOL_CFLAGS) -c -o $@ $<

$(B)/tools/%.o: tools/%.S
	@mkdir -p $(@D)
	$(HOSTCC) -c -o $@ $<

$(B)/hvrun: $(HVRUN_OBJ)
	$(HOSTCC) -o $@ $^ -ljansson -lz -llzma -lbz2 -lzstd -llz4 -lm -lxlutil -lxenlight

HVCTL_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tools/hvctl/*.c))

$(B)/hvctl: $(HVCTL_OBJ)
	$(HOSTCC) -o $@ $^ -ljansson -lxlutil -lxenlight

# pvtop and pvstat, for a Linux on Xen or on hv-stub.
PVTOP_COMMON := $(addprefix $(B)/tools/pvtop/, collect.o grants.o snapshot.o names.o)
PVSTAT_OBJ   := $(PVTOP_COMMON) $(addprefix $(B)/tools/pvtop/, pvstat.o json.o)
PVTOP_OBJ    := $(PVTOP_COMMON) $(addprefix $(B)/tools/pvtop/, pvtop.o view.o rates.o)
XEN_LIBS     := -lxenctrl -lxenforeignmemory -lxenstore -lxentoollog

$(B)/pvstat: $(PVSTAT_OBJ)
	$(HOSTCC) -o $@ $^ $(XEN_LIBS) -ljansson

$(B)/pvtop: $(PVTOP_OBJ)
	$(HOSTCC) -o $@ $^ $(XEN_LIBS) -lncurses -ltinfo -lm

-include $(HVRUN_OBJ:.o=.d) $(HVCTL_OBJ:.o=.d) $(PVSTAT_OBJ:.o=.d) $(PVTOP_OBJ:.o=.d)
ALL += $(B)/hvrun $(B)/hvctl $(B)/pvstat $(B)/pvtop

# The bootable image: GRUB, hv-stub and the shim as Multiboot 2 modules.
$(B)/pvkit.iso: tools/iso/grub.cfg $(B)/hv-stub.elf $(B)/guest-shim-pv.elf $(B)/guest-shim-native.elf
	sh tools/iso/make.sh $@ tools/iso/grub.cfg $(filter %.elf,$^)
