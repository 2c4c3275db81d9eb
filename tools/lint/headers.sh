#!/bin/sh
# SPDX-License-Identifier: MIT
# headers.sh "COMPILER AND FLAGS" HEADER...: every header compiles as the first line of a file.
set -u
compile=$1
shift
bad=0
for header in "$@"; do
    # shellcheck disable=SC2086 # a compiler with its flags
    echo "#include \"$header\"" | $compile -I. -fsyntax-only -x c - || {
        echo "$header: does not compile alone"
        bad=1
    }
done
exit $bad
