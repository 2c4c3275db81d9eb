#!/bin/sh
# SPDX-License-Identifier: MIT
# domains.sh: an event to another domain and back, halved. The answering domain never ends by
# itself, so the run is ended at the measuring one's last line.
set -u
B=${B:-build}
pv=$B/guest-shim-pv.elf
tmp=$(mktemp -d)
pid=
# shellcheck disable=SC2317 # the trap calls it
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    rm -rf "$tmp"
}
trap finish EXIT
mkfifo "$tmp/lines"
"$B/hvrun" --icount --timeout 60 --kernel "$pv" --cmdline "bench=event_other peer=2" \
    --domain --kernel "$pv" --cmdline "answer=1" >"$tmp/lines" </dev/null &
pid=$!
while IFS= read -r line; do
    case $line in
    *'BENCH {"op":"event_other"'*)
        printf '%s\n' "$line" | sed 's/"event_other"/"event_other_domain"/'
        ;;
    *BENCH-END*) break ;;
    esac
done <"$tmp/lines"
