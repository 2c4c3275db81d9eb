# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Typed keys reach the guest, and the guest's echo comes back; the command line arrives unmangled.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf" "$PV"
mkfifo "$tmp/keys"
"$HVRUN" --timeout 40 --kernel "$PV" --cmdline 'echo x="a,b c" %d' <"$tmp/keys" >"$out" 2>&1 &
pid=$!
exec 3>"$tmp/keys"
tries=0
until grep -q 'pvkit shim:' "$out"; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "the guest did not start"
    sleep 0.1
done
printf 'pvkit,typed\r' >&3
tries=0
until grep -q 'pvkit,typed' "$out"; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$out"; fail "no echo"; }
    sleep 0.1
done
kill -TERM $pid
wait $pid
cat "$out"
pass
