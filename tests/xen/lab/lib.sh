# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the scripts of dom0 use. A domain's files are in /lab: d1.cfg, its console d1.log, what xl
# said about it d1.xl.

# domid N: the number Xen gave to the Nth domain; waits until there is one, fails if there will be none.
domid() {
    until xl domid "d$1" 2>/dev/null; do
        [ ! -e "/lab/d$1.ended" ] || return 1
        sleep 0.2
    done
}

# wait_line N PATTERN: until the Nth domain's console has such a line, or the domain has ended.
wait_line() {
    until grep -q -e "$2" "/lab/d$1.log" 2>/dev/null; do
        [ ! -e "/lab/d$1.ended" ] || return 1
        sleep 0.2
    done
}

# wait_end N: until the Nth domain has ended.
wait_end() {
    until [ -e "/lab/d$1.ended" ]; do sleep 0.2; done
}
