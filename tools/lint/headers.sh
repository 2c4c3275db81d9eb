#!/bin/sh
# SPDX-License-Identifier: MIT
# headers.sh "COMPILER AND FLAGS" HEADER...: every header compiles as the first line of a file.
set -u
compile=$1
shift
bad=0
for header in "$@"; do
    # shellcheck disable=SC2086 # a compiler with its flags
    if ! errors=$(echo "#include \"$header\"" | $compile -I. -fsyntax-only -x c - 2>&1); then
        echo "$header: does not compile alone; the first error is"
        echo "$errors" | grep -m 1 'error:' | sed 's/^/    /'
        bad=1
    fi
done
exit $bad
