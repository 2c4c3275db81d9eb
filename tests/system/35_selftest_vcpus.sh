# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The self-test with a second vcpu: on two CPUs in real time, on one with instructions counted, where
# every run is the same, and on Xen.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$PV"
for machine in "--smp 2" "--smp 1 --icount"; do
    # shellcheck disable=SC2086 # words
    expect 0 "$HVRUN" $machine --vcpus 2 --timeout 100 --kernel "$PV" --cmdline selftest
    has '^TEST smp_ipi ok'
    selftest_passed
done
need_xen
expect 0 sh tests/xen/run.sh --timeout 100 --xen dom0_max_vcpus=2 "$PV" selftest
has '^TEST smp_ipi ok'
selftest_passed
pass
