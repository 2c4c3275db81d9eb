# Unit tests of the host programs: their objects once more, with the sanitizers.
HOST_UNIT := $(B)/unit/host
HOST_UNIT_CFLAGS = $(TOOL_CFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_UNIT_LINK = $(HOSTCC) -fsanitize=address,undefined -o $@ $^ -lcmocka -ljansson -lz -llzma -lbz2 -lzstd -llz4 -lm -lxlutil -lxenlight

HVRUN_UNIT_OBJ := $(addprefix $(HOST_UNIT)/,$(addsuffix .o,$(basename \
        $(filter-out %/main.c,$(wildcard tools/hvrun/*.c tools/hvrun/*.S)))))
BENCHTAB_UNIT_OBJ := \
        $(patsubst %.c,$(HOST_UNIT)/%.o,$(filter-out %/main.c,$(wildcard bench/benchtab/*.c)))
HVRUN_TESTS := $(patsubst %.c,$(HOST_UNIT)/%,$(wildcard tests/unit/hvrun/test_*.c))
BENCHTAB_TESTS := $(patsubst %.c,$(HOST_UNIT)/%,$(wildcard tests/unit/benchtab/test_*.c))

$(HOST_UNIT)/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_UNIT_CFLAGS) -Itools/hvrun -Ibench/benchtab -c -o $@ $<

$(HOST_UNIT)/%.o: %.S
	@mkdir -p $(@D)
	$(HOSTCC) -c -o $@ $<

$(HVRUN_TESTS): %: %.o $(HVRUN_UNIT_OBJ)
	$(HOST_UNIT_LINK)

$(BENCHTAB_TESTS): %: %.o $(BENCHTAB_UNIT_OBJ)
	$(HOST_UNIT_LINK)

UNIT_TESTS += $(HVRUN_TESTS) $(BENCHTAB_TESTS)
-include $(HVRUN_UNIT_OBJ:.o=.d) $(BENCHTAB_UNIT_OBJ:.o=.d) $(HVRUN_TESTS:=.d) $(BENCHTAB_TESTS:=.d)
