# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Root in stock Linux, in three domains at once, does what it can: privileged instructions, ports, /dev/mem,
# MSRs, LDTs, broken modules, kexec, panic; all memory and a fork bomb; hypercalls with any arguments.
. tests/system/lib.sh
. tests/guest/root/lib.sh
trap 'grep -av "^(d1) count" "$out"; rm -rf "$tmp"' EXIT

cat >"$tmp/init" <<'END'
echo 2 >/proc/sys/kernel/printk
insmod /msr.ko
insmod /xen-privcmd.ko unrestricted=1
cp /msr.ko /module.ko
attack() {
    /linux-root-attacks "$@"
    echo "DONE $1"
}
bomb() { bomb | bomb & }
case $(cat /proc/cmdline) in
*do=attacks*)
    for what in cpu ldt ports msr mem kexec; do attack $what; done
    attack modules & # which may get stuck in the kernel
    read -t 3 -r nothing # needs no process
    ;;
*do=bomb*)
    head -c 1000000000 /dev/zero | tail >/dev/null
    echo "DONE memory"
    (bomb) 2>/dev/null
    echo "DONE bomb"
    while read -r nothing; do :; done # needs no process
    ;;
*do=hypercalls*)
    echo "DONE start"
    attack hypercalls
    attack any-hypercalls
    ;;
esac
echo c >/proc/sysrq-trigger
END
attackers "$tmp/init" 128 attacks bomb hypercalls
until_line '^(d2) DONE cpu'
audited attacks
until_line '^(d4) DONE start'
counts_on 20
ctl destroy hypercalls # what those leave of a kernel may go on for ever
ctl wait attacks ended || fail "attacks does not end"
until_line '^(d3) DONE bomb'
counts_on 20
audited bomb
over
for what in cpu ldt ports msr mem kexec; do has "^(d2) DONE $what"; done
has '^(d3) DONE memory'
has '^(hv) d2 ended: '
pass
