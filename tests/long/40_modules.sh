# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Our modules in a stock Linux on hv-stub, a hundred times loaded and unloaded: no memory and no channel stays.
export CYCLES=100
export LIMIT=1500
. tests/system/91_modules.sh
