# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# --accel kvm never hangs: KVM works, or one line says why not and the run goes on without.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$HELLO"
expect 0 "$HVRUN" --accel kvm --timeout 60 --kernel "$HELLO"
has '^hello from a PV guest'
[ ! -s "$err" ] || one_error_line
pass
