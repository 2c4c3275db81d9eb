# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Each fuzzer for some seconds: what reads bytes it must not trust, and what a guest does to its page
# tables. FUZZ_SECONDS says how long each. The inputs that broke something stay in $B/fuzz.
. tests/system/lib.sh
seconds=${FUZZ_SECONDS:-10}
echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return !p && n; }' >"$tmp/try.c"
clang -fsanitize=fuzzer -o "$tmp/try" "$tmp/try.c" 2>/dev/null || skip "no clang with libFuzzer"
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    ${MAKE:-make} -s B="$B" "$B/fuzz/$name" >"$tmp/build" 2>&1 || error "$(cat "$tmp/build")"
    "$B/fuzz/$name" -max_total_time="$seconds" -max_len=2000 -artifact_prefix="$B/fuzz/$name-" \
        >"$tmp/log" 2>&1 || { tail -n 40 "$tmp/log"; fail "$name"; }
    echo "$name: $(sed -n 's/^Done //p' "$tmp/log")"
done
pass
