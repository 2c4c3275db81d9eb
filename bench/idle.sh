#!/bin/sh
# SPDX-License-Identifier: MIT
# idle.sh: per cent of a host CPU that a guest waiting for input costs.
set -u
B=${B:-build}
SECONDS_WATCHED=4
tmp=$(mktemp -d)
pid=
# shellcheck disable=SC2317 # the trap calls it
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    rm -rf "$tmp"
}
trap finish EXIT
mkfifo "$tmp/keys"

none() {
    echo "idle_percent - $*"
    exit 0
}

# Clock ticks that process $1 has used: user and system time, fields 14 and 15 of its stat line.
# The name in parentheses, which may hold blanks, is cut off with its two fields.
ticks() {
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # shellcheck disable=SC2086 # splitting into fields is the point
    set -- ${stat##*) }
    echo $((${12} + ${13}))
}

"$B/hvrun" --verbose --timeout 30 --kernel "$B/guest-shim-pv.elf" --cmdline echo \
    <"$tmp/keys" >"$tmp/out" 2>"$tmp/err" &
pid=$!
exec 3>"$tmp/keys"
tries=0
until grep -q "pvkit shim:" "$tmp/out"; do
    tries=$((tries + 1))
    { [ $tries -lt 100 ] && kill -0 $pid 2>/dev/null; } || none "the guest did not start"
    sleep 0.1
done
qemu=$(sed -n 's/.*QEMU is process \([0-9]*\).*/\1/p' "$tmp/err")
sleep 1
before=$(ticks "$qemu") || none "the guest ended early"
sleep $SECONDS_WATCHED
after=$(ticks "$qemu") || none "the guest ended early"
hz=$(getconf CLK_TCK)
echo "idle_percent $(awk "BEGIN { printf \"%.1f\", 100 * ($after - $before) / ($hz * $SECONDS_WATCHED) }")"
