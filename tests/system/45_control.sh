# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The control channel: hvctl finds, pauses, audits and ends domains of a running machine, and reads and
# writes its store; a client that is killed half-way does no harm to the next one.
. tests/system/lib.sh
HVCTL=$B/hvctl
need "$HVRUN" "$HVCTL" "$B/hv-stub.elf" "$PV"
ctl() { "$HVCTL" --timeout 60 "$tmp/control" "$@"; }

"$HVRUN" --timeout 100 --control "$tmp/control" --kernel "$PV" --name one --cmdline echo \
    --domain --kernel "$PV" --name two --cmdline "count" >"$out" 2>"$err" </dev/null &
pid=$!
ctl list >"$tmp/list" || fail "no answer"
cat "$tmp/list"
has '^one  *1 pv  *64 *1/1 ' "$tmp/list"
has '^two  *2 pv ' "$tmp/list"
[ "$(ctl list --json | tr -d ' \n' | cut -c 1-25)" = '[{"id":1,"name":"one","ki' ] || fail "not the JSON expected"

{ ctl pause two && ctl wait two paused; } || fail "not paused"
ctl audit two >"$tmp/audit" || fail "no audit"
has '^violations=0$' "$tmp/audit"
{ ctl unpause two && ctl wait 2 running; } || fail "does not run again"
ctl audit two >"$tmp/audit" || fail "no audit of a running domain"
has '^violations=0$' "$tmp/audit"

value=$(printf 'a b\\c\n\303\274')
ctl xenstore-write /local/domain/1/data/x "$value" || fail "not written"
[ "$(ctl xenstore-read /local/domain/1/data/x)" = "$value" ] || fail "another value"
script -qec "'$HVCTL' '$tmp/control' xenstore-read /local/domain/1/data/x" "$tmp/tty" >/dev/null
grep -qF 'a\x20b\x5cc\x0a\xc3\xbc' "$tmp/tty" || fail "a terminal gets what a guest wrote"
ctl xenstore-ls /local/domain/1 >"$tmp/ls"
has '^name = "one"$' "$tmp/ls"
has '^ x = "a\\x20b\\x5cc\\x0a\\xc3\\xbc"$' "$tmp/ls"
ctl xenstore-rm /local/domain/1/data/x
got=0
ctl xenstore-read /local/domain/1/data/x 2>"$tmp/refused" || got=$?
[ $got = 1 ] || fail "status $got of a node that is not there"
has '^hvctl: xs-read: ENOENT$' "$tmp/refused"
ctl stats 1 | grep -q '"name":"one"' || fail "no statistics"

# Clients that go away in the midst of things.
for n in 1 2 3; do
    "$HVCTL" "$tmp/control" xenstore-ls >/dev/null &
    victim=$!
    sleep 0.0$n
    kill -9 $victim
done 2>/dev/null
ctl list >"$tmp/list" || fail "no answer after killed clients"
has '^two ' "$tmp/list"

{ ctl destroy one && ctl wait one ended; } || fail "not destroyed"
ctl list >"$tmp/list"
has '^one .* destroyed ' "$tmp/list"
before=$(grep -c '^(d2) count' "$out")
tries=0
until [ "$(grep -c '^(d2) count' "$out")" -gt $((before + 1)) ]; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "the other domain does not go on"
    sleep 0.1
done
ctl destroy two
got=0
wait $pid || got=$?
cat "$out" "$err"
[ $got = 0 ] || fail "status $got"
has '^(hv) audit: 0 violations'
[ ! -L "$tmp/control" ] || fail "the socket's link is still there"
pass
