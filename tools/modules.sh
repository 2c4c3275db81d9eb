#!/bin/sh
# SPDX-License-Identifier: MIT
# modules.sh [--check] [RELEASE]: build the Linux modules into $B/modules/RELEASE, with the headers of
# that kernel's package; without RELEASE for the running kernel if its headers are installed, else
# for Debian's current cloud kernel. --check: fail on any warning of the compiler's at W=1, and of sparse.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
check=
if [ "${1:-}" = --check ]; then
    check="W=1 C=2"
    shift
fi
release=${1:-$(sh tools/kernel-release.sh)}
headers=/lib/modules/$release/build
if ! [ -e "$headers/Makefile" ]; then
    echo "modules.sh: no headers of kernel $release (the package linux-headers-$release has them)" >&2
    exit 2
fi
out=$B/modules/$release
mkdir -p "$out"
exec 9>"$out/lock"
flock 9 # tests build them side by side
# A copy, so that modules for several kernels can be there, and no object is left in the sources.
cp -aru Kbuild pv-drivers hypercall "$out/"
mkdir -p "$out/bench"
cp -aru bench/module "$out/bench/"
# shellcheck disable=SC2086 # words
if ! make -s -C "$headers" M="$(cd "$out" && pwd)" $check modules >"$out/log" 2>&1; then
    cat "$out/log" >&2
    exit 1
fi
grep -v -e '^Skipping BTF' -e '^make' "$out/log" >&2 && [ -n "$check" ] && exit 1
echo "modules for $release: $out/*.ko"
