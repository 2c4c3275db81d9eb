# Unit tests of pvtop and pvstat: what they make of a snapshot.
TOPU       := $(B)/unit/pvtop
TOPU_FLAGS := -D_GNU_SOURCE -iquote tools/pvtop -iquote tests/unit/pvtop -fsanitize=address,undefined \
        -fno-sanitize-recover=all
TOPU_OBJS  := $(addprefix $(TOPU)/tools/pvtop/, snapshot.o names.o rates.o view.o json.o grants.o) \
        $(TOPU)/tests/unit/pvtop/unit.o
TOPU_TESTS := $(addprefix $(TOPU)/test_, rates snapshot view)

$(TOPU)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(TOPU_FLAGS) -c -o $@ $<

$(TOPU_TESTS): $(TOPU)/%: $(TOPU)/tests/unit/pvtop/%.o $(TOPU_OBJS)
	$(HOSTCC) -fsanitize=address,undefined -o $@ $^ -lxenctrl -lxenforeignmemory -ljansson -lcmocka

UNIT_TESTS += $(TOPU_TESTS)
-include $(TOPU_OBJS:.o=.d) $(patsubst $(TOPU)/%,$(TOPU)/tests/unit/pvtop/%.d,$(TOPU_TESTS))
