#!/bin/sh
# SPDX-License-Identifier: MIT
# format.sh FILE...: name the files that clang-format would change.
bad=$(for file in "$@"; do
    clang-format "$file" | cmp -s - "$file" || echo "$file"
done)
[ -n "$bad" ] || exit 0
echo "not formatted; run clang-format -i on:"
echo "$bad" | sed 's/^/    /'
exit 1
