#!/bin/sh
# SPDX-License-Identifier: MIT
# unpack.sh PACKAGE DIR: download a Debian package and unpack it below DIR. Nothing is installed.
set -eu
package=$1
dir=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp" # apt downloads as a user of its own

download() {
    (cd "$tmp" && apt-get download -qq "$package") >"$tmp/log" 2>&1
}

echo "fetching Debian's $package"
if ! download && { ! apt-get update -qq >/dev/null 2>&1 || ! download; }; then
    cat "$tmp/log" >&2
    echo "cannot download $package" >&2
    exit 1
fi
dpkg -x "$tmp"/"$package"_*.deb "$dir"
