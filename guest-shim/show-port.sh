#!/bin/sh
# SPDX-License-Identifier: MIT
# Print every entry of pv_ops with its reason and its two implementations side by side, taken from
# the sources. Usage: show-port.sh [directory of guest-shim]; COLUMNS sets the width (default 160).
set -eu
cd "${1:-$(dirname "$0")}"

awk -v width="${COLUMNS:-160}" '
# First pass: function bodies of both variants, by name.
function body_line(line) {
    if (name == "" && line ~ /^[a-z].*[a-z_]+\(/ && line !~ /;$/) {
        name = line
        sub(/\(.*/, "", name)
        sub(/.*[ *]/, "", name)
        count[name] = 0
    }
    if (name != "") {
        text[name, ++count[name]] = line
        if (line == "}")
            name = ""
    }
}

# Which function implements an entry: ".field = function," inside ".group =".
function table_line(line, variant) {
    if (line ~ /^    \.[a-z]+ =$/) {
        group = line
        gsub(/[ .=]/, "", group)
    } else if (match(line, /^ +\.[a-z_]+ = [a-z_]+,$/) && group != "") {
        split(line, part, /[ .=,]+/)
        impl[group, part[2], variant] = part[3]
    }
}

function show(group, field,    n, x, i, most, column, left, right, f) {
    n = impl[group, field, "native"]
    x = impl[group, field, "xen"]
    if (n == "" || x == "")
        return
    column = int((width - 3) / 2)
    most = count[n] > count[x] ? count[n] : count[x]
    printf "\n%s.%s: native %d lines, xen %d lines\n", group, field, count[n], count[x]
    printf "%s", reason
    for (i = 1; i <= most; i++) {
        left = i <= count[n] ? text[n, i] : ""
        right = i <= count[x] ? text[x, i] : ""
        printf "%-*s | %s\n", column, substr(left, 1, column), right
    }
    total["native"] += count[n]
    total["xen"] += count[x]
    entries++
}

# Last pass, pv_ops.h: comments and fields in order.
function header_line(line,    f) {
    if (match(line, /^struct pv_[a-z]+_ops/)) {
        group = substr(line, 11)
        sub(/_ops.*/, "", group)
    }
    if (line ~ /^    \/\*/) {
        reason = ""
        comment = 1
    }
    if (comment) {
        f = line
        sub(/ *\*\/$/, "", f)
        sub(/^ *\/?\** ?/, "", f)
        if (f != "")
            reason = reason "    " f "\n"
        if (line ~ /\*\//)
            comment = 0
    } else if (match(line, /\(\*[a-z_]+\)/)) {
        show(group, substr(line, RSTART + 2, RLENGTH - 3))
        reason = ""
    }
}

FNR == 1 { name = ""; group = "" }
FILENAME ~ /ops\.c$/ { table_line($0, FILENAME ~ /native/ ? "native" : "xen") }
FILENAME ~ /\.c$/ && FILENAME !~ /ops\.c$/ { body_line($0) }
FILENAME ~ /pv_ops\.h$/ { header_line($0) }
END { printf "\n%d entries: native %d lines, xen %d lines\n", entries, total["native"], total["xen"] }
' x86/native/*.c hw/*.c x86/xen/*.c include/pv_ops.h
