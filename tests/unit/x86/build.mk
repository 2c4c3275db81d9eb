# Rules of x86/pv and x86/svm that need no machine.
X86U_FLAGS := -Itests/fake/pv -Ihv-stub/include -Ihv-stub/x86/include -Ihv-stub/x86/pv \
        -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00040e00
X86U_SAN   := -fsanitize=address,undefined -fno-sanitize-recover=all

$(B)/unit/x86/test_descriptor: hv-stub/x86/pv/desc_valid.c
$(B)/unit/x86/test_svm_inject: hv-stub/x86/svm/inject.c
$(B)/unit/x86/test_asid: hv-stub/x86/svm/asid.c

X86U_TESTS := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/unit/x86/test_*.c))
$(X86U_TESTS): $(B)/%: tests/%.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) $(X86U_FLAGS) $(X86U_SAN) -MF $@.d -o $@ $(filter %.c,$^) -lcmocka

UNIT_TESTS += $(X86U_TESTS)
-include $(X86U_TESTS:=.d)
