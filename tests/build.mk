# tests: guest kernels, host programs, and the unpacked Xen that interoperation runs boot.
# A fragment that its part of the tree has included already is left alone.
include $(filter-out $(MAKEFILE_LIST),$(wildcard tests/*/build.mk tests/*/*/build.mk))

$(B)/xen/xen.elf: tests/xen/fetch.sh
	sh tests/xen/fetch.sh $@
