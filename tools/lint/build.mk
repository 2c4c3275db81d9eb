# `make lint`: each check is a target of its own, and all of them run even if one fails.
LINT_C  = $(shell git ls-files '*.c' '*.h')
LINT_SH = $(shell git ls-files '*.sh' .ci/run)
# What goes into a kernel module only compiles with a kernel: tools/modules.sh --check.
LINT_HEADER_FLAGS = $(filter-out -MMD -MP,$(1))

LINT_TARGETS += lint-format lint-text lint-layers lint-headers lint-shell lint-cppcheck lint-docs

.PHONY: lint-all lint-clang lint-format lint-text lint-layers lint-headers lint-shell lint-cppcheck \
	lint-docs
lint-all: lint-clang
	@$(MAKE) --no-print-directory -k $(LINT_TARGETS)
	@echo "lint: clean"

lint-clang:
	@echo "lint: clang build"
	@$(MAKE) --no-print-directory -s CC=clang HOSTCC=clang B=$(B)/clang all unit-tests

lint-format:
	@echo "lint: format"
	@sh tools/lint/format.sh $(LINT_C)

lint-text:
	@echo "lint: sizes, licences, left-over notes"
	@sh tools/lint/text.sh $(LINT_C) $(LINT_SH) $(shell git ls-files '*.S')

lint-layers:
	@echo "lint: include layers"
	@sh tools/lint/layers.sh $(LINT_C)

lint-headers: $(B)/hv/gen/asm-offsets.h
	@echo "lint: headers alone"
	@sh tools/lint/headers.sh "$(CC) $(call LINT_HEADER_FLAGS,$(TOOL_CFLAGS))" \
		$(filter-out bench/module/%,$(filter tools/% bench/%,$(filter %.h,$(LINT_C))))
	@sh tools/lint/headers.sh "$(CC) $(HV_CPPFLAGS) $(call LINT_HEADER_FLAGS,$(HV_CFLAGS))" \
		$(filter hv-stub/%,$(filter %.h,$(LINT_C)))
	@sh tools/lint/headers.sh "$(CC) $(call LINT_HEADER_FLAGS,$(SHIM_CFLAGS))" \
		$(filter guest-shim/%,$(filter %.h,$(LINT_C)))
	@sh tools/lint/headers.sh "$(CC) -Ipv-drivers -Ipv-drivers/core $(call LINT_HEADER_FLAGS,$(SHIM_CFLAGS))" \
		$(filter-out pv-drivers/linux/%,$(filter pv-drivers/%,$(filter %.h,$(LINT_C))))

lint-shell:
	@command -v shellcheck >/dev/null || { echo "lint: no shellcheck, shell scripts unchecked"; exit 0; }; \
		echo "lint: shell"; shellcheck -x $(LINT_SH) $(shell git ls-files 'tests/system/*' 'tests/long/*')

# Host programs only: cppcheck knows too little of freestanding code to be worth its noise there.
lint-cppcheck:
	@command -v cppcheck >/dev/null || { echo "lint: no cppcheck, host programs unchecked"; exit 0; }; \
		echo "lint: cppcheck"; cppcheck --quiet --std=c11 --enable=warning,portability \
		--inline-suppr --error-exitcode=1 -D_GNU_SOURCE tools/hvrun tools/hvctl tools/pvtop bench -i bench/module

lint-docs:
	@echo "lint: what the documentation names"
	@sh tools/lint/docs.sh $(shell git ls-files '*.md')
