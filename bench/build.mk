# bench: the collator of the four environments' results (host side).
BENCHTAB_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard bench/benchtab/*.c))

$(B)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) -D_GNU_SOURCE -c -o $@ $<

$(B)/benchtab: $(BENCHTAB_OBJ)
	$(HOSTCC) -o $@ $^ -ljansson -lm

-include $(BENCHTAB_OBJ:.o=.d)
ALL += $(B)/benchtab

# The same for disks and networks.
IOTAB_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard bench/iotab/*.c))

$(B)/iotab: $(IOTAB_OBJ)
	$(HOSTCC) -o $@ $^ -ljansson

-include $(IOTAB_OBJ:.o=.d)
ALL += $(B)/iotab

REPORT_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard bench/report/*.c))

$(B)/report: $(REPORT_OBJ)
	$(HOSTCC) -o $@ $^ -ljansson

-include $(REPORT_OBJ:.o=.d)
ALL += $(B)/report

# The operating system's measurements, as a static program for any Linux, and their collator.
LMB_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard bench/lmb/*.c))

$(B)/lmb: $(LMB_OBJ)
	$(HOSTCC) -static -o $@ $^

# What block requests and packets cost a Linux, likewise.
LINUXIO_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard bench/linux/*.c))

$(B)/linuxio: $(LINUXIO_OBJ)
	$(HOSTCC) -static -o $@ $^

LINUXTAB_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard bench/linuxtab/*.c))

$(B)/linuxtab: $(LINUXTAB_OBJ)
	$(HOSTCC) -o $@ $^ -ljansson -lm

-include $(LMB_OBJ:.o=.d) $(LINUXIO_OBJ:.o=.d) $(LINUXTAB_OBJ:.o=.d)
ALL += $(B)/lmb $(B)/linuxio $(B)/linuxtab
