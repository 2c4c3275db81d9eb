# tests: guest kernels, host programs, and the unpacked Xen that interoperation runs boot.
include $(wildcard tests/*/build.mk tests/*/*/build.mk)

$(B)/xen/xen.elf: tests/xen/fetch.sh
	sh tests/xen/fetch.sh $@
