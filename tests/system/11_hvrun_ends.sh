# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Every way QEMU can end has its own status, the private directory is always gone afterwards, and
# no path or command line is mangled on its way. QEMU itself is a fake here.
. tests/system/lib.sh
need "$HVRUN" "$HELLO"
HVRUN_QEMU=tests/system/fake-qemu
export HVRUN_QEMU
mkdir "$tmp/t"
TMPDIR=$tmp/t
export TMPDIR
printf '\177ELF' >"$tmp/hv"
hv="$HVRUN --hv $tmp/hv"

clean() { [ -z "$(ls "$TMPDIR")" ] || fail "left behind: $(ls "$TMPDIR")"; }

# ends STATUS HOW [OPTION...]
ends() {
    status=$1
    FAKE=$2
    export FAKE
    shift 2
    # shellcheck disable=SC2086 # $hv is a command with an option
    expect "$status" $hv --kernel "$HELLO" "$@"
    clean
}

ends 0 off
ends 3 crash
ends 4 panic
ends 7 reboot
ends 4 reset
has 'before hv-stub reported' "$err"
ends 6 broken
has 'no such machine' "$err"
ends 6 killed
ends 5 hang --timeout 0.5
has 'timeout' "$err"
ends 0 stats --stats "$tmp/stats.json"
has '"domains"' "$tmp/stats.json"
ends 6 badstats --stats "$tmp/stats.json"
ends 6 off --stats "$tmp/stats.json"
HVRUN_QEMU=$tmp/none ends 6 off
one_error_line

# Signals: status as the shell shows a death by that signal, and nothing left behind.
for signal in INT TERM HUP; do
    : >"$out" # the last round said "waiting" too
    # A shell without job control starts background commands with SIGINT ignored; env undoes that.
    env --default-signal=INT,QUIT env FAKE=hang "$HVRUN" --hv "$tmp/hv" --kernel "$HELLO" >"$out" &
    pid=$!
    until grep -q waiting "$out"; do sleep 0.05; done
    kill -s $signal $pid
    got=0
    wait $pid || got=$?
    [ "$got" -gt 128 ] || fail "exit status $got after SIG$signal"
    clean
done

# A reader that goes away ends the run.
FAKE=hang
export FAKE
# shellcheck disable=SC2086
got=$({ timeout 20 $hv --kernel "$HELLO" 2>/dev/null; echo $? >&3; } 3>&1 >/dev/full)
[ "$got" = 141 ] || fail "exit status $got when stdout cannot be written"
clean

# Names and words with everything QEMU or a shell could trip over.
odd="$tmp/a b,c%s'\$x.elf"
cp "$HELLO" "$odd"
gzip -c "$HELLO" >"$tmp/packed.gz"
ends 0 off --domain --kernel "$odd" --ramdisk "$odd" --cmdline "one,two \"three\" %d 'x' \\y" \
    --name second --domain --kernel "$tmp/packed.gz" --mode=pv --weight 512
has "^file m1 -> .*/a b,c%s'\$x.elf$"
has "m1 kernel mode=pv mem=64 vcpus=1 name=second -- one,,two \"three\" %d 'x' .y,m2 ramdisk,m3"
has 'weight=512'
echo hello | FAKE="echo" "$HVRUN" --hv "$tmp/hv" --kernel "$HELLO" >"$out" || fail "echo: status $?"
has 'read <hello>'

ends 0 stats --icount --smp 2 --strict --stats "$tmp/x"
has '^arg <shift=0,sleep=off>$'
has '^arg <max,-smap,-smep,family=23>$'
has '^arg <strict stats>$'
pass
