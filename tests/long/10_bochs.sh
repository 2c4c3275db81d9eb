# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The self-tests on hv-stub in Bochs, from the ISO, PV on an AMD and an Intel processor and FV on the
# former: an emulator without QEMU's bugs, so that none of those becomes our behaviour.
. tests/system/lib.sh
need "$B/pvkit.iso" "$NATIVE"
command -v bochs >/dev/null || error "no bochs"

# run_bochs MODEL ISO: boot it; the guest's console ends up in $out.
run_bochs() {
    dir=$tmp/$1-$(basename "$2" .iso)
    mkdir "$dir"
    cat >"$dir/bochsrc" <<-END
	megs: 512
	romimage: file=/usr/share/bochs/BIOS-bochs-latest
	vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
	cpu: model=$1, count=1, ips=50000000, reset_on_triple_fault=0
	boot: cdrom
	ata0-master: type=cdrom, path=$(realpath "$2"), status=inserted
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
    echo "--- Bochs, $1, $2"
    tr -d '\r' <"$dir/com1.txt" >"$out"
    cat "$out"
    tail -n 3 "$dir/bochs.log"
    selftest_passed
}

run_bochs ryzen "$B/pvkit.iso"
has 'pvkit shim: xen'
run_bochs corei7_haswell_4770 "$B/pvkit.iso"
has 'pvkit shim: xen'

# The second entry of the menu, where the processor has SVM.
sed 's/^set default=0/set default=1/' tools/iso/grub.cfg >"$tmp/grub.cfg"
grep -q '^set default=1' "$tmp/grub.cfg" || error "no default in grub.cfg"
sh tools/iso/make.sh "$tmp/fv.iso" "$tmp/grub.cfg" "$B/hv-stub.elf" "$NATIVE"
run_bochs ryzen "$tmp/fv.iso"
has 'pvkit shim: native'
pass
