#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [--long] [--only PATTERN] [UNIT TEST PROGRAM...]: run the tests, say how each ended.
#
# Unit programs are cmocka's: each of their tests counts. A system test is a script in tests/system/
# (tests/long/ with --long) and counts once: exit status 0 passed, 77 skipped (its last line of
# output says why), 99 could not be run (the test's fault, counts as failed), others failed. One that
# fails is run once more when the others are done, and counts by that.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
O=${O:-out}
export B O
folder=tests/system
limit=600 # seconds
pattern='*'
while :; do
    case ${1:-} in
    --long) folder=tests/long limit=3600 ;;
    --only) pattern="*$2*" && shift ;;
    *) break ;;
    esac
    shift
done

logs=$B/tests/log
mkdir -p "$logs"
# More failing system tests than this are not run again.
may_retry=6

passed=0
failed=0
skipped=0
reasons=
failing=

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# say OUTCOME NAME MILLISECONDS
say() { printf '%-5s %-44s %3d.%d s\n' "$1" "$2" $(($3 / 1000)) $(($3 % 1000 / 100)); }

# Failures go at the end of the log, which is what a reader of a failed run sees first.
show_log() { tail -n 30 "$1" | sed 's/^/    | /'; }

run_unit() {
    name=unit/$(basename "$1")
    log=$logs/$(basename "$1").log
    start=$(now_ms)
    timeout -k 2 300 env CMOCKA_MESSAGE_OUTPUT=tap "$1" >"$log" 2>&1 </dev/null
    status=$?
    took=$(($(now_ms) - start))
    skips=$(grep -c '^ok .*# SKIP' "$log")
    good=$(($(grep -c '^ok ' "$log") - skips))
    bad=$(grep -c '^not ok ' "$log")
    # A crash, a time-out, or a program that does not speak TAP.
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    if [ "$status" = 0 ] && [ "$((good + skips + bad))" = 0 ]; then good=1; fi
    passed=$((passed + good))
    failed=$((failed + bad))
    skipped=$((skipped + skips))
    [ "$skips" = 0 ] || reasons="$reasons
  $name: $skips of its tests"
    if [ "$bad" = 0 ]; then
        say ok "$name ($good)" "$took"
    else
        say FAIL "$name ($bad of $((good + bad)), exit status $status)" "$took"
        show_log "$log"
    fi
}

# run_system SCRIPT [NOTE]: status 0 or 77 are counted; the caller does that with others.
run_system() {
    name=$(basename "$1" .sh)
    note=${2:-}
    log=$logs/$name.log
    start=$(now_ms)
    timeout -k 5 "$limit" sh "$1" >"$log" 2>&1 </dev/null
    status=$?
    took=$(($(now_ms) - start))
    case $status in
    0)
        passed=$((passed + 1))
        say ok "$name$note" "$took"
        return
        ;;
    77)
        skipped=$((skipped + 1))
        reasons="$reasons
  $name: $(tail -n 1 "$log")"
        say skip "$name$note" "$took"
        return
        ;;
    99) say ERROR "$name$note" "$took" ;;
    *) say FAIL "$name$note" "$took" ;;
    esac
    show_log "$log"
    return 1
}

# Time-outs on a computer that others use, too, fail a test now and then, but not twice. More than a
# few failures are no accident.
run_again() {
    if [ $# -gt $may_retry ]; then
        failed=$((failed + $#))
        return
    fi
    for script in "$@"; do
        mv "$logs/$(basename "$script" .sh).log" "$logs/$(basename "$script" .sh).first.log"
        run_system "$script" ", again" || failed=$((failed + 1))
    done
}

for program in "$@"; do
    # shellcheck disable=SC2254 # a pattern on purpose
    case $program in $pattern) run_unit "$program" ;; esac
done
for script in "$folder"/$pattern.sh; do
    case $script in */lib.sh | *'*'*) continue ;; esac
    run_system "$script" || failing="$failing $script"
done
# shellcheck disable=SC2086 # names without blanks
run_again $failing

[ -z "$reasons" ] || echo "skipped:$reasons"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
