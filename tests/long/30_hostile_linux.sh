# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What tests/system/63_hostile_linux.sh does in seconds, for minutes: Linux's root runs all stressors of the
# classes cpu, vm and io, with an audit after each class; then hypercalls with other arguments each time.
. tests/system/lib.sh
. tests/guest/root/lib.sh
trap 'grep -av "^(d1) count" "$out"; rm -rf "$tmp"' EXIT
SECONDS_EACH=1
machine_seconds=3000

# stress-ng and its libraries, in one folder.
program=$(command -v stress-ng) || skip "no stress-ng"
set -- "$program"
for library in $(ldd "$program" | grep -o '/[^ ]*'); do set -- "$@" "$library"; done

cat >"$tmp/init" <<'END'
echo 1 >/proc/sys/kernel/printk
mkdir -p /lib64 /tmp
cp /ld-linux-x86-64.so.2 /lib64/
export LD_LIBRARY_PATH=/
mount -t tmpfs tmp /tmp
cd /tmp
for class in cpu vm io; do
    /stress-ng --class $class --sequential 1 --timeout SECONDS_EACH --temp-path /tmp 2>&1 | tail -n 3
    echo "DONE $class"
    read -t 5 -r nothing
done
poweroff -f
END
sed -i "s/SECONDS_EACH/$SECONDS_EACH/" "$tmp/init"
attackers "$tmp/init" 384 stress -- "$@"
for class in cpu vm io; do
    until_line "^(d2) DONE $class"
    audited stress
done
ctl wait stress ended || fail "stress-ng's domain does not end"
over
grep -av '^(d1) count' "$out"

cat >"$tmp/init" <<'END'
echo 1 >/proc/sys/kernel/printk
insmod /xen-privcmd.ko unrestricted=1
for word in $(cat /proc/cmdline); do case $word in do=seed*) seed=${word#do=seed} ;; esac; done
echo "DONE start"
[ $((seed % 2)) = 0 ] || /linux-root-attacks hypercalls $seed
/linux-root-attacks any-hypercalls $seed
echo c >/proc/sysrq-trigger
END
for seed in 1 3 5 7 9 11 13 15 17 19; do
    echo "+ seeds $seed and $((seed + 1))"
    attackers "$tmp/init" 128 seed$seed seed$((seed + 1))
    until_line '^(d2) DONE start'
    until_line '^(d3) DONE start'
    sleep 5 # most have ended by then; the others hang
    over
done
pass
