# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A kernel we did not build: Debian's stock Linux as a PV domain, from the bzImage as Debian ships it.
# Without a disk it gets as far as looking for its root, and says so itself.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
need_linux
expect 3 "$HVRUN" --memory 512 --vcpus 2 --timeout 100 --kernel "$B/xen/vmlinuz" \
    --cmdline "earlyprintk=xen console=hvc0 panic=1"
has 'Booting kernel on Xen'
has 'xen:events: Using FIFO-based ABI'
has 'smp: Brought up 1 node, 2 CPUs'
has '^(hv) d1 said: .*Kernel panic - not syncing: VFS: Unable to mount root fs'
has '^(hv) d1v[01] crashed by its own wish'
has '^(hv)  *rip '
hasnt 'BUG:'
has '^(hv) audit: 0 violations'
pass
