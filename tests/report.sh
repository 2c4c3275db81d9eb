#!/bin/sh
# SPDX-License-Identifier: MIT
# report.sh BENCH.json REPORT.html: does a browser show the charts, and in the tables the figures of the
# file? Says how many it found; fails at the first that is missing.
set -eu
json=$1
page=$(realpath "$2")
dom=$(mktemp)
profile=$(mktemp -d)
trap 'rm -rf "$dom" "$dom.want" "$profile"' EXIT
# The page needs nothing from elsewhere; a browser that cannot look anywhere proves it.
HOME=$profile timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$profile" \
    --host-resolver-rules="MAP * ~NOTFOUND" --dump-dom "file://$page" >"$dom" 2>/dev/null ||
    { echo "chromium cannot show $page" && exit 1; }
charts=$(grep -o '<svg' "$dom" | wc -l)
bars=$(grep -c 'gnuplot_plot_' "$dom" || :)
if [ "$charts" -lt 4 ] || [ "$bars" -lt 8 ]; then
    echo "$charts charts, $bars series"
    exit 1
fi
grep -qE '(src|href)="?(http|//)' "$dom" && { echo "the page refers to something outside" && exit 1; }

# Rows of "io" and "linux" as iotab and linuxtab write them: op, env and figures on lines of their own.
awk '
    /^ "(io|linux)": \[/ { wanted = 1 }
    /^ \]/ { wanted = 0 }
    { gsub(/[",]/, ""); sub(/^ +/, "") }
    $1 == "op:" { op = $2 }
    $1 == "env:" { env = $2; count = "instructions" }
    $1 == "count:" { count = $2 }
    wanted && ($1 == "instructions:" || $1 == "events:") && count == "instructions" && $2 != "null" {
        print "data-op=\"" op "\" data-env=\"" env "\" data-figure=\"" substr($1, 1, length($1) - 1) \
            "\" data-value=\"" $2 "\""
    }' "$json" >"$dom.want"
shown=0
while IFS= read -r cell; do
    case $cell in *bare*figure=\"events\"* | *net_*xen-dom0*) continue ;; esac # not in the tables
    grep -qF "$cell" "$dom" || { echo "the page does not show $cell" && exit 1; }
    shown=$((shown + 1))
done <"$dom.want"
[ "$shown" -gt 5 ] || { echo "only $shown figures" && exit 1; }
echo "$charts charts, $shown figures as in $json"
