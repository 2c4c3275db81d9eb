# pvkit: one entry point. `make help` lists the targets.
#
# Each folder has a build.mk that names its objects; everything built goes to $(B), every result to
# $(O). Fragments append to ALL (what `make` builds), UNIT_TESTS (host programs that `make check`
# runs) and LINT_TARGETS (extra targets of `make lint`). Nothing here or in a fragment may run a
# compiler while make reads it: `make demo` installs the compiler.
B ?= build
O ?= out

# make has built-in defaults for these two; ours replace those, not the user's.
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin LD),default)
LD := ld
endif
HOSTCC  ?= $(CC)
OBJCOPY ?= objcopy

WARN := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith \
        -Wwrite-strings -Wvla -Wundef -Wno-unused-parameter

# Code that runs in a guest kernel or in the hypervisor: no libc, no FPU, no red zone.
FREESTANDING := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fno-strict-aliasing \
        -fno-common -mno-red-zone -mgeneral-regs-only -fno-asynchronous-unwind-tables \
        -fcf-protection=none -fno-omit-frame-pointer -MMD -MP $(WARN)

HOST_CFLAGS := -std=gnu11 -O2 -g -fno-strict-aliasing -MMD -MP $(WARN)

# A goal that runs other goals builds in parallel unless the user chose otherwise.
SUBMAKE = $(MAKE) -s --no-print-directory $(if $(findstring j,$(firstword -$(MAKEFLAGS))),,-j$$(nproc))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

ALL :=
UNIT_TESTS :=
LINT_TARGETS :=
include hypercall/build.mk guest-shim/build.mk hv-stub/build.mk tools/build.mk tests/build.mk bench/build.mk

export B O CC

.PHONY: all unit-tests demo linux check check-long bench bench-check iso modules lint help clean
all: $(ALL) ## build everything into build/ (B=DIR: elsewhere; CC=clang: with clang)
unit-tests: $(UNIT_TESTS)

demo: ## install what is missing, build, measure, print the tables, write out/report.html
	@sh tools/deps.sh build run xen report
	@echo "building into $(B)/"
	@+$(SUBMAKE) all
	@sh bench/run.sh
	@$(B)/benchtab $(O)/bench $(O)/bench.json
	@sh bench/io.sh --quick
	@$(B)/iotab $(O)/bench/io $(O)/bench.json
	@sh bench/linux.sh --quick
	@$(B)/linuxtab $(O)/bench/linux $(O)/bench.json
	@$(B)/report $(O)/bench.json $(O)/report.html

linux: ## a shell on Debian's Linux as a PV guest; LINUX_SMP=CPUs, LINUX_MEM=MiB, LINUX_CMDLINE=words
	@sh tools/deps.sh build run xen linux
	@echo "building into $(B)/"
	@+$(SUBMAKE) $(B)/hvrun $(B)/hv-stub.elf
	@sh tools/linux/run.sh

check: ## unit tests and system tests; ends with "N passed, N failed, N skipped"
	@sh tools/deps.sh build run xen check
	@echo "building into $(B)/"
	@+$(SUBMAKE) all unit-tests $(B)/pvkit.iso
	@sh tests/run.sh $(UNIT_TESTS)

check-long: ## tests that take long: the self-test in Bochs, disks under kill -9, a whole Debian, stress-ng
	@sh tools/deps.sh build run xen check long
	@echo "building into $(B)/"
	@+$(SUBMAKE) all $(B)/pvkit.iso
	@sh tests/run.sh --long

bench: ## all measurements: out/bench.json, out/report.html, the tables; checks the targets
	@sh tools/deps.sh build run xen report guest-modules
	@echo "building into $(B)/"
	@+$(SUBMAKE) all
	@sh bench/run.sh
	@sh bench/io.sh
	@sh bench/linux.sh
	@status=0; $(B)/benchtab --check $(O)/bench $(O)/bench.json || status=1; \
	$(B)/iotab --check $(O)/bench/io $(O)/bench.json || status=1; \
	$(B)/linuxtab --check $(O)/bench/linux $(O)/bench.json || status=1; \
	$(B)/report $(O)/bench.json $(O)/report.html || status=1; exit $$status

modules: ## Linux modules (drivers, benchmark) for the running kernel, or Debian's: build/modules/
	@sh tools/deps.sh build modules
	@sh tools/modules.sh

lines: ## lines of code of the Linux front-ends, by part
	@sh tools/lines.sh

iso: ## build/pvkit.iso: hv-stub and guests behind a GRUB menu
	@sh tools/deps.sh build iso
	@echo "building into $(B)/"
	@+$(SUBMAKE) $(B)/pvkit.iso

lint: ## format, clang build, file sizes, include layers, headers alone, shell and static checks
	@sh tools/deps.sh build lint
	@+$(SUBMAKE) lint-all

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

clean: ## remove build/ and out/
	rm -rf $(B) $(O)
