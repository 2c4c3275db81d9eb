# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The PV self-test on hv-stub in Bochs, from the ISO: an emulator without QEMU's bugs, so that none
# of those becomes our behaviour.
. tests/system/lib.sh
need "$B/pvkit.iso"
command -v bochs >/dev/null || error "no bochs"

# run_bochs MODEL: boot the ISO; the guest's console ends up in $out.
run_bochs() {
    dir=$tmp/$1
    mkdir "$dir"
    cat >"$dir/bochsrc" <<-END
	megs: 512
	romimage: file=/usr/share/bochs/BIOS-bochs-latest
	vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
	cpu: model=$1, count=1, ips=50000000, reset_on_triple_fault=0
	boot: cdrom
	ata0-master: type=cdrom, path=$(realpath "$B/pvkit.iso"), status=inserted
	display_library: rfb, options="timeout=0"
	com1: enabled=1, mode=file, dev=com1.txt
	log: bochs.log
	panic: action=fatal
	error: action=report
	info: action=ignore
	debug: action=ignore
	clock: sync=none
	END
    : >"$dir/com1.txt"
    (cd "$dir" && echo c | exec timeout -k 2 900 bochs -q -f bochsrc) >"$dir/bochs.out" 2>&1 &
    pid=$!
    # Bochs has no way out for the guest: watch for the last line.
    while kill -0 $pid 2>/dev/null && ! grep -q 'SELFTEST:\|(hv) panic' "$dir/com1.txt"; do
        sleep 1
    done
    sleep 1
    kill $pid 2>/dev/null
    wait $pid 2>/dev/null
    echo "--- Bochs, $1"
    tr -d '\r' <"$dir/com1.txt" >"$out"
    cat "$out"
    tail -n 3 "$dir/bochs.log"
    has 'pvkit shim: xen'
    selftest_passed
}

run_bochs ryzen
run_bochs corei7_haswell_4770
pass
