#!/bin/sh
# SPDX-License-Identifier: MIT
# text.sh FILE...: no source over 600 lines, each with a licence line, none with left-over notes.
set -u
bad=0
for file in "$@"; do
    lines=$(wc -l <"$file")
    if [ "$lines" -gt 600 ]; then
        echo "$file: $lines lines; one concern fits in 600"
        bad=1
    fi
    case $file in *.c | *.h | *.S | *.sh)
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || {
            echo "$file: no SPDX licence line"
            bad=1
        }
        ;;
    esac
done
if grep -nwE 'TO''DO|FIX''ME|XX''X|not imple''mented' "$@" /dev/null; then
    echo "left-over notes: do it, or file an issue"
    bad=1
fi
exit $bad
