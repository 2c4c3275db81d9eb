#!/bin/sh
# SPDX-License-Identifier: MIT
# kernel-release.sh: the kernel that modules are built for unless another is named: the running one if
# its headers are there, else Debian's current cloud kernel.
set -eu
cd "$(dirname "$0")/.."
if [ -e "/lib/modules/$(uname -r)/build/Makefile" ]; then
    uname -r
else
    package=$(sh tests/xen/kernel-package.sh cloud-amd64)
    echo "${package#linux-image-}"
fi
