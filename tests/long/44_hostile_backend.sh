# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Back-ends that attack our modules on Xen, with each of their moves alone and then several hundred mixtures.
export FIRST=0
export COUNT="${COUNT:-300}"
export LIMIT=3300
. tests/system/95_hostile_backend.sh
