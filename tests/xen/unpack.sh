#!/bin/sh
# SPDX-License-Identifier: MIT
# unpack.sh "PACKAGE..." DIR: download Debian packages and unpack them below DIR. Nothing is installed.
set -eu
packages=$1
dir=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp" # apt downloads as a user of its own

download() {
    # shellcheck disable=SC2086 # a list of package names
    (cd "$tmp" && apt-get download -qq $packages) >"$tmp/log" 2>&1
}

echo "fetching Debian's $packages"
if ! download && { ! apt-get update -qq >/dev/null 2>&1 || ! download; }; then
    cat "$tmp/log" >&2
    echo "cannot download $packages" >&2
    exit 1
fi
for deb in "$tmp"/*.deb; do
    dpkg -x "$deb" "$dir"
done
