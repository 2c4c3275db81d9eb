#!/bin/sh
# SPDX-License-Identifier: MIT
# kernel-package.sh FLAVOUR: the name of the package that holds Debian's current kernel (amd64, cloud-amd64).
set -eu
name() { apt-cache depends "linux-image-$1" 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1; }
package=$(name "$1")
if [ -z "$package" ]; then
    apt-get update -qq >/dev/null 2>&1 || :
    package=$(name "$1")
fi
[ -n "$package" ] || { echo "no package linux-image-$1" >&2; exit 1; }
echo "$package"
