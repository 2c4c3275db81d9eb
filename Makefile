# pvkit: one entry point. `make help` lists the targets.
#
# Each folder has a build.mk that names its objects; everything built goes to $(B) (out of tree).
B ?= build
O ?= out

CC     ?= gcc
HOSTCC ?= $(CC)
LD     ?= ld
OBJCOPY ?= objcopy

WARN := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith \
        -Wwrite-strings -Wvla -Wundef -Wno-unused-parameter

# Code that runs in a guest kernel or in the hypervisor: no libc, no FPU, no red zone.
FREESTANDING := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fno-strict-aliasing \
        -fno-common -mno-red-zone -mgeneral-regs-only -fno-asynchronous-unwind-tables \
        -fcf-protection=none -fno-omit-frame-pointer -MMD -MP $(WARN)

HOST_CFLAGS := -std=gnu11 -O2 -g -fno-strict-aliasing -MMD -MP $(WARN)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

ALL :=          # what `make` builds; fragments append
include hypercall/build.mk guest-shim/build.mk hv-stub/build.mk tools/build.mk tests/build.mk bench/build.mk

.PHONY: all clean
all: $(ALL)

clean:
	rm -rf $(B) $(O)
