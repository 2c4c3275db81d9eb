# bench: the collator of the four environments' results (host side).
BENCHTAB_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard bench/benchtab/*.c))

$(B)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) -D_GNU_SOURCE -c -o $@ $<

$(B)/benchtab: $(BENCHTAB_OBJ)
	$(HOSTCC) -o $@ $^ -ljansson -lm

-include $(BENCHTAB_OBJ:.o=.d)
ALL += $(B)/benchtab
