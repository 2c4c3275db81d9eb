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

# console N: what the Nth domain wrote to its console so far.
console() {
    tr -d "\r" <"/lab/d$1.log"
}

# wait_line N PATTERN: until the Nth domain has written such a line; fails if it ends without.
wait_line() {
    until console "$1" 2>/dev/null | grep -q -e "$2"; do
        [ ! -e "/lab/d$1.ended" ] || return 1
        sleep 0.2
    done
}

# wait_end N: until the Nth domain has ended.
wait_end() {
    until [ -e "/lab/d$1.ended" ]; do sleep 0.2; done
}

# destroy N: end the Nth domain; that it does not end by itself is then no error.
destroy() {
    touch "/lab/d$1.destroyed"
    xl destroy "d$1"
    wait_end "$1"
}

# vbd ACTION N: `unbind` Linux's back-end from the first disk of the Nth domain, or `bind` it again.
vbd() {
    echo "vbd-$(domid "$2")-51712" >"/sys/bus/xen-backend/drivers/vbd/$1"
}
