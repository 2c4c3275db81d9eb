# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Each fuzzer for some seconds: what reads bytes it must not trust, and what a guest does to its page
# tables. FUZZ_SECONDS says how long each; as many run at once as there are processors. The inputs that
# broke something stay in $B/fuzz.
. tests/system/lib.sh
FUZZ_SECONDS=${FUZZ_SECONDS:-10}
jobs=$(nproc)
echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return !p && n; }' >"$tmp/try.c"
clang -fsanitize=fuzzer -o "$tmp/try" "$tmp/try.c" 2>/dev/null || skip "no clang with libFuzzer"
for source in tests/fuzz/fuzz_*.c; do
    basename "$source" .c
done >"$tmp/names"
# shellcheck disable=SC2046 # a list of words
${MAKE:-make} -s "-j$jobs" B="$B" $(sed "s|^|$B/fuzz/|" "$tmp/names") >"$tmp/build" 2>&1 ||
    error "$(tail -n 40 "$tmp/build")"
export B FUZZ_SECONDS tmp
# shellcheck disable=SC2016 # the inner shell expands it
xargs -P "$jobs" -I NAME sh -c '
    "$B/fuzz/NAME" -max_total_time="$FUZZ_SECONDS" -max_len=2000 -artifact_prefix="$B/fuzz/NAME-" \
        >"$tmp/NAME.log" 2>&1 || { tail -n 40 "$tmp/NAME.log" && echo NAME >>"$tmp/failed"; }
    echo "NAME: $(sed -n "s/^Done //p" "$tmp/NAME.log")"' <"$tmp/names"
[ ! -e "$tmp/failed" ] || fail "$(tr '\n' ' ' <"$tmp/failed")"
pass
