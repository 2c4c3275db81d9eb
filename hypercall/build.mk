# The hypercall library: $(B)/libpvkit-hypercall.a. Users add $(HYPERCALL_INC) to their flags.
HYPERCALL_INC := -Ihypercall/include
HYPERCALL_LIB := $(B)/libpvkit-hypercall.a

# Position-independent code without a GOT: links into a kernel at any address.
HYPERCALL_CFLAGS := $(FREESTANDING) -fpie $(HYPERCALL_INC)

HYPERCALL_SRC := $(wildcard hypercall/*.c hypercall/x86/*.c hypercall/x86/*.S)
HYPERCALL_OBJ := $(addprefix $(B)/,$(addsuffix .o,$(basename $(HYPERCALL_SRC))))

ALL += $(HYPERCALL_LIB)

$(B)/hypercall/%.o: hypercall/%.c
	@mkdir -p $(@D)
	$(CC) $(HYPERCALL_CFLAGS) -c -o $@ $<

$(B)/hypercall/%.o: hypercall/%.S
	@mkdir -p $(@D)
	$(CC) $(HYPERCALL_CFLAGS) -c -o $@ $<

$(HYPERCALL_LIB): $(HYPERCALL_OBJ)
	@rm -f $@
	$(AR) rcsD $@ $(HYPERCALL_OBJ)

# Every public header must compile alone: a user includes only what he needs, in any order.
HYPERCALL_HEADERS := $(wildcard hypercall/include/pvkit/*.h hypercall/include/pvkit/*/*.h)

LINT_TARGETS += header-check-hypercall
.PHONY: header-check-hypercall
header-check-hypercall: $(HYPERCALL_HEADERS:hypercall/include/%=$(B)/header-check/%.ok)

$(B)/header-check/pvkit/%.ok: hypercall/include/pvkit/%
	@mkdir -p $(@D)
	@echo '#include <pvkit/$*>' | \
		$(CC) $(HYPERCALL_CFLAGS) -MF $@.d -MT $@ -fsyntax-only -x c -
	@touch $@

-include $(HYPERCALL_OBJ:.o=.d)
-include $(HYPERCALL_HEADERS:hypercall/include/%=$(B)/header-check/%.ok.d)
