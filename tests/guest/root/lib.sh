# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # $tmp, $out and $err are of tests/system/lib.sh
# For tests with root attacking from inside Linux domains, beside a bystander that counts and looks after its
# memory. Needs tests/system/lib.sh.
HVCTL=$B/hvctl
ATTACKS=$B/linux-root-attacks
need "$HVRUN" "$HVCTL" "$B/hv-stub.elf" "$PV" "$ATTACKS"
need_linux
ctl() { "$HVCTL" --timeout 500 "$tmp/control" "$@"; }

# attackers INIT MiB WHAT... [-- FILE...]: a machine whose domains run INIT, in an initial RAM disk with the FILEs,
# with do=WHAT on the command line; WHAT is the domain's name, too. The console goes to $out.
attackers() {
    init=$1
    mib=$2
    shift 2
    names=
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        names="$names $1"
        shift
    done
    [ $# = 0 ] || shift
    sh tests/xen/initrd.sh "$tmp/initrd" "$init" "$ATTACKS" "$B/xen/msr.ko" "$B/xen/xen-privcmd.ko" "$@"
    set --
    for name in $names; do
        set -- "$@" --domain --name "$name" --memory "$mib" --vcpus 2 --kernel "$B/xen/vmlinuz" \
            --ramdisk "$tmp/initrd" --cmdline "console=hvc0 quiet panic=1 do=$name"
    done
    "$HVRUN" --smp 2 --timeout "${machine_seconds:-550}" --control "$tmp/control" --name bystander --kernel "$PV" \
        --cmdline "count check" "$@" >"$out" 2>"$err" </dev/null &
    pid=$!
}

# until_line PATTERN: the console shows it; the machine has not ended before.
until_line() {
    until grep -aq -e "$1" "$out"; do
        kill -0 "$pid" 2>/dev/null || fail "the machine ended without: $1"
        sleep 0.1
    done
}

# counts_on N: until the bystander has counted that much further, 100 ms each time.
counts_on() {
    before=$(grep -ac '^(d1) count' "$out")
    until [ "$(grep -ac '^(d1) count' "$out")" -ge $((before + $1)) ]; do
        kill -0 "$pid" 2>/dev/null || fail "the machine ended"
        sleep 0.1
    done
}

# audited NAME: every use of its pages is counted again while it runs.
audited() {
    ctl audit "$1" >"$tmp/audit" || fail "no audit of $1"
    has '^violations=0$' "$tmp/audit"
}

# over: whoever is left is ended, the bystander last, after it has counted on. All that they had is free again.
over() {
    for name in $names; do
        ctl destroy "$name" 2>/dev/null || :
        ctl wait "$name" ended || fail "$name does not end"
    done
    counts_on 3
    ctl destroy bystander
    got=0
    wait "$pid" || got=$?
    cat "$err"
    # Nothing of what the domains did was an accident of the machine's.
    case $got in 0 | 3 | 7) ;; *) fail "status $got" ;; esac
    has '^(hv) audit: 0 violations'
    hasnt 'the memory has changed'
}
