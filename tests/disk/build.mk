# blkpattern: writes and checks the block tests' pattern from outside of any machine.
$(B)/blkpattern: tests/disk/blkpattern.c guest-shim/include/blk_pattern.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOST_CFLAGS) -MF $(B)/blkpattern.d -Iguest-shim/include -o $@ $<

ALL += $(B)/blkpattern
-include $(B)/blkpattern.d
