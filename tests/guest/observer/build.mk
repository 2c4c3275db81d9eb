# A Linux program that asks as a toolstack does and prints the answers: build/linux-observer-answers
OBSERVER_OBJ := $(B)/tests/guest/observer/main.o
-include $(OBSERVER_OBJ:.o=.d)

$(OBSERVER_OBJ): tests/guest/observer/main.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00040e00 -c -o $@ $<

$(B)/linux-observer-answers: $(OBSERVER_OBJ)
	$(HOSTCC) -static -o $@ $^

ALL += $(B)/linux-observer-answers
