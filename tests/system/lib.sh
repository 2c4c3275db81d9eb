# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034 # its variables are for the tests
# What every system test uses. A test runs in the top folder, with B naming the build folder; it
# ends by pass, fail, skip or error, whose exit statuses tests/run.sh knows.
set -u
B=${B:-build}
HVRUN=$B/hvrun
PV=$B/guest-shim-pv.elf
NATIVE=$B/guest-shim-native.elf
HELLO=$B/guest-hello-pv.elf
tmp=$(mktemp -d)
out=$tmp/out
err=$tmp/err
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' INT TERM

pass() { exit 0; }
fail() {
    echo "failed: $*"
    exit 1
}
skip() {
    echo "$*"
    exit 77
}
error() {
    echo "error: $*"
    exit 99
}

# need FILE...: the test cannot be run without these.
need() {
    for need_file in "$@"; do
        [ -r "$need_file" ] || error "no $need_file"
    done
}

# need_xen: skip where Debian's Xen cannot be had.
need_xen() {
    [ -r "$B/xen/xen.elf" ] || sh tests/xen/fetch.sh "$B/xen/xen.elf" ||
        skip "Xen 4.17 could not be downloaded"
}

# need_lab: skip where Xen with a Linux dom0 cannot be had.
need_lab() {
    sh tests/xen/lab.sh build || skip "Debian's Xen, xl and Linux could not be downloaded"
}

# show_output: the console as lines of text, and stderr.
show_output() {
    tr -d '\r' <"$out" >"$out.text"
    mv "$out.text" "$out"
    cat "$out" "$err"
}

# finished PID: a run in the background, with the console in $out and stderr in $err, ends with 0; both are shown.
finished() {
    got=0
    wait "$1" || got=$?
    show_output
    [ "$got" = 0 ] || fail "exit status $got"
}

# expect STATUS COMMAND...: run it with the console in $out and stderr in $err; both are shown.
expect() {
    want=$1
    shift
    echo "+ $*"
    got=0
    "$@" >"$out" 2>"$err" </dev/null || got=$?
    show_output
    [ "$got" = "$want" ] || fail "exit status $got, wanted $want"
}

# has PATTERN [FILE]: the console (or FILE) has a line that matches the basic regular expression.
has() { grep -q -e "$1" "${2:-$out}" || fail "no line matches: $1"; }
hasnt() { ! grep -q -e "$1" "${2:-$out}" || fail "a line matches: $1"; }

# one_error_line: stderr is exactly one line, and it is hvrun's.
one_error_line() {
    [ "$(wc -l <"$err")" = 1 ] || fail "stderr has $(wc -l <"$err") lines, wanted one"
    grep -q '^hvrun: ' "$err" || fail "stderr does not begin with 'hvrun: '"
}

# selftest_passed: the shim's last word, and no test failed.
selftest_passed() {
    has '^SELFTEST: [1-9][0-9]* passed, 0 failed'
    hasnt '^TEST .* FAIL'
}

# need_linux: skip where Debian's kernel cannot be had. $LINUX is the kernel, taken out of
# $B/xen/vmlinuz; the modules of its front-ends, and of /proc/xen, are beside it.
LINUX=$B/xen/linux.elf
need_linux() {
    { [ -r "$LINUX" ] && [ -r "$B/xen/vmlinuz" ] && [ -r "$B/xen/xenfs.ko" ] && [ -r "$B/xen/msr.ko" ]; } ||
        sh tests/xen/linux.sh "$LINUX" ||
        skip "Debian's Linux kernel could not be fetched"
}

# need_linux_hw: skip where Debian's kernel for hardware cannot be had. $LINUX_HW.elf is the kernel;
# in $LINUX_HW.modules are drivers for FV's emulated hardware, in $LINUX_HW.pv for PV's, in the order in which
# they load; $LINUX_HW.vmlinuz is the bzImage, $LINUX_HW.pata_legacy.ko the driver of disks at ISA's ports.
LINUX_HW=$B/xen/linux-hw
need_linux_hw() {
    { [ -r "$LINUX_HW.elf" ] && [ -r "$LINUX_HW.modules/21-ne2k-pci.ko" ] && [ -r "$LINUX_HW.pv/18-xenfs.ko" ] &&
        [ -r "$LINUX_HW.pata_legacy.ko" ]; } ||
        sh tests/xen/linux_hw.sh "$LINUX_HW.elf" || skip "Debian's Linux kernel could not be fetched"
}

# linux_root_passed: what tests/xen/linux_root.sh has to show, beside what it checked.
linux_root_passed() {
    has '^CPUS 1 CLOCK xen ROOT /dev/xvda / ext4'
    has '^CPUS 4 CLOCK xen ROOT /dev/xvda / ext4'
    [ "$(grep -c '^LEASE .* inet 10\.0\.2\.15/24' "$out")" = 2 ] || fail "wanted two leases"
    has '^XENFS /proc/xen/capabilities /proc/xen/privcmd /proc/xen/xenbus CAPABILITIES <>'
    has '^HYPERVISOR xen 4.17 PV [0-9a-f-]\{36\} xen-3.0-x86_64'
    has '^FETCHED [0-9a-f]\{16\}$'
    has '^KEPT [0-9a-f]\{16\}$'
    for n in 1 2 3; do has "^CPU$n ran"; done
    hasnt 'BUG:'
    hasnt '^(hv) strict'
    [ "$(grep -c '^(hv) audit: 0 violations' "$out")" = 2 ] || fail "wanted two audits without violations"
}

# answers PREFIX FILE: what linux-observer-answers printed, PREFIX before each line, is what Xen 4.17 answers
# where FILE in tests/guest/observer/ says.
answers() {
    sed -n "s/^$1ANSWER //p" "$out" >"$tmp/answers"
    diff "tests/guest/observer/$2.expected" "$tmp/answers" || fail "other answers than Xen's to $2"
}

# need_modules: builds our modules for the kernel that need_linux got, and prints their folder.
need_modules() {
    modules_for=$(sh tests/xen/kernel-package.sh cloud-amd64) || return 1
    modules_for=${modules_for#linux-image-}
    [ -e "/lib/modules/$modules_for/build/Makefile" ] || return 1
    sh tools/modules.sh --check "$modules_for" >&2 || error "the modules do not build without a warning"
    echo "$B/modules/$modules_for"
}

# bench_json PREFIX ENVIRONMENT: what pv_bench.ko shows as JSON is that, of this environment.
bench_json() {
    sed -n "s/^$1JSON //p" "$out" >"$tmp/bench.json"
    jq -e ".environment == \"$2\" and (.ops | length > 2 and all(.ticks > 0))" "$tmp/bench.json" >/dev/null ||
        fail "the benchmark's JSON: $(cat "$tmp/bench.json")"
}

# modules_worked PREFIX: all that tests/xen/modules_guest.sh says when it went well. Memory that a hundred
# cycles keep is a leak if it is more than 30 KiB a cycle: a ring has 4, its buffers have 1024.
modules_worked() {
    has "^$1DRIVER vbd SIZE 65536 QUEUES [12]"
    for line in 'SMALL READS AGREE' 'LARGE READS AGREE' 'LAST SECTOR' 'NOT BEYOND' 'FILE SYSTEM MADE' \
        "CYCLES ${CYCLES:-3}" 'WRITER A 0' 'WRITER B 0' 'A AGREES' 'B AGREES' "NET CYCLES ${CYCLES:-3}" 'NET DRIVER vif' 'environment: pv' 'null_hypercall  *[1-9]' \
        'set_pte  *[1-9]' 'event_self  *[1-9]' 'grant_pair  *[1-9]' 'BENCH UNLOADED' 'COMPLAINTS 0'; do
        has "^$1$line"
    done
    bench_json "$1" pv
    hasnt "^$1REMOVED IN USE"
    hasnt "^$1CYCLE [0-9]*: "
    has "^$1KEPT [0-9]* disks: .*, 0 channels"
    has "^$1KEPT [0-9]* cards: .*, 0 channels"
    for kept in $(sed -n "s/^$1KEPT .*: \(-*[0-9]*\) KiB.*/\1/p" "$out" | tr -d '\r'); do
        [ "$kept" -lt 3000 ] || fail "$kept KiB of memory are lost"
    done
}
