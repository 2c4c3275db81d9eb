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

# Host unit tests: the library's own sources against a fake processor and hypervisor, whose
# headers come first in the include path.
HYPERCALL_UNIT := $(B)/tests/unit
HYPERCALL_UNIT_CFLAGS := $(HOST_CFLAGS) -fsanitize=undefined,address -fno-sanitize-recover=all \
	-Itests/unit/hypercall/fake $(HYPERCALL_INC)
HYPERCALL_UNIT_SRC := $(wildcard hypercall/*.c) hypercall/x86/discover.c tests/unit/hypercall/fake.c \
	tests/unit/hypercall/evtchn_world.c
HYPERCALL_UNIT_OBJ := $(HYPERCALL_UNIT_SRC:%.c=$(HYPERCALL_UNIT)/host/%.o)
HYPERCALL_TESTS := $(patsubst tests/unit/hypercall/test_%.c,%,$(wildcard tests/unit/hypercall/test_*.c))

UNIT_TESTS += $(HYPERCALL_TESTS:%=$(HYPERCALL_UNIT)/hypercall-%)

$(HYPERCALL_UNIT)/host/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HYPERCALL_UNIT_CFLAGS) -c -o $@ $<

$(HYPERCALL_UNIT)/hypercall-%: $(HYPERCALL_UNIT)/host/tests/unit/hypercall/test_%.o $(HYPERCALL_UNIT_OBJ)
	$(HOSTCC) -fsanitize=undefined,address -o $@ $^ -lcmocka

.SECONDARY: $(HYPERCALL_UNIT_OBJ) $(HYPERCALL_TESTS:%=$(HYPERCALL_UNIT)/host/tests/unit/hypercall/test_%.o)

-include $(HYPERCALL_UNIT_OBJ:.o=.d)
-include $(HYPERCALL_TESTS:%=$(HYPERCALL_UNIT)/host/tests/unit/hypercall/test_%.d)
