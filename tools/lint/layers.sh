#!/bin/sh
# SPDX-License-Identifier: MIT
# layers.sh FILE...: check every #include of the C files against tools/lint/layers.txt, and that
# portable hypervisor code has no inline assembly.
set -eu
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT
find . -name '*.h' -not -path './build*' -not -path './.git/*' | sed 's,^\./,,' >"$headers"

awk -v rules=tools/lint/layers.txt -v headers="$headers" '
    BEGIN {
        while ((getline line < rules) > 0) {
            if (line ~ /^#/ || line !~ /:/) continue
            folder = line; sub(/:.*/, "", folder)
            allowed = line; sub(/^[^:]*:/, "", allowed)
            may[folder] = " " folder allowed " "
        }
        while ((getline line < headers) > 0) ours[line] = 1
    }
    function folder_of(path,    best, f) {
        best = ""
        for (f in may)
            if (index(path, f "/") == 1 && length(f) > length(best)) best = f
        return best
    }
    # Our header that NAME can mean in a file of directory DIR: the one beside it, else one that this
    # folder may include, else one under the same top folder. Names in angle or quote, alike.
    function find_ours(dir, name,    h, top, found) {
        while (name ~ /^\.\.\//) { sub(/^\.\.\//, "", name); sub(/\/[^\/]*$/, "", dir) }
        if ((dir "/" name) in ours) return dir "/" name
        top = dir; sub(/\/.*/, "", top)
        for (h in ours)
            if (length(h) > length(name) && substr(h, length(h) - length(name)) == "/" name) {
                if (allowed_path(h)) return h
                if (index(h, top "/") == 1) found = h
            }
        return found
    }
    function allowed_path(h,    part, n, i) {
        n = split(may[folder], part, " ")
        for (i = 1; i <= n; i++)
            if (index(h, part[i] "/") == 1 && (part[i] == folder_of(h)))
                return 1
        return 0
    }
    FNR == 1 { folder = folder_of(FILENAME); dir = FILENAME; sub(/\/[^\/]*$/, "", dir) }
    folder ~ /^hv-stub\/(core|device|backend)$/ && /(^|[^a-z_])(asm|__asm__)( volatile)? *\(/ {
        printf "%s:%d: inline assembly in %s\n", FILENAME, FNR, folder; bad = 1
    }
    folder != "" && /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
        name = $0; sub(/^[^<"]*[<"]/, "", name); sub(/[>"].*/, "", name)
        angle = $0 ~ /</
        if (index(may[folder], " " name " ")) next
        kind = ""
        if (name ~ /^xen\//) kind = "xen"
        else if (name ~ /^(stddef|stdint|stdbool|stdarg|stdalign|stdnoreturn|limits|float)\.h$/) kind = "free"
        if (kind == "") {
            found = ""
            target = find_ours(dir, name)
            if (target != "") {
                if (!allowed_path(target)) {
                    printf "%s:%d: %s may not include %s\n", FILENAME, FNR, folder, target; bad = 1
                }
                next
            }
            kind = angle ? "system" : "generated"
        }
        if (kind == "generated" || index(may[folder], " " kind " ") || index(may[folder], " any ")) next
        printf "%s:%d: %s may not include <%s>\n", FILENAME, FNR, folder, name; bad = 1
    }
    END { exit bad }
' "$@"
