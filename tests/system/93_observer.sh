# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A stock Linux that observes: pvstat says of another domain what hvctl says of it, and Debian's own xl and
# xenperf what pvstat says; pvtop shows it on a terminal, is resized, sorted and quit. Nothing can be changed
# from there, nor a thing be read from a domain that is no observer; the answers are Xen's.
. tests/system/lib.sh
HVCTL=$B/hvctl
need "$B/pvstat" "$B/pvtop" "$B/linux-observer-answers" "$HVCTL" "$PV" "$NATIVE"
need_linux
need_lab
XEN=$B/xen/lab/root/usr/lib/xen-4.17/bin
ctl() { "$HVCTL" --timeout 100 "$tmp/control" "$@"; }

cat >"$tmp/init" <<'END'
insmod /xen-privcmd.ko unrestricted=1
case $(cat /proc/cmdline) in *blind*)
    /pvstat 2>&1 | sed 's/^/BLIND /'
    /linux-observer-answers 4
    poweroff -f
    ;;
esac
mkdir -p /dev/pts /run /tmp /var/lock /lib/terminfo/s /usr/lib/locale/C.utf8 /var/run/xen /etc/xen
: >/etc/xen/xl.conf
mount -t devpts devpts /dev/pts
mv /screen /lib/terminfo/s/
mv /LC_CTYPE /usr/lib/locale/C.utf8/
mv /libgcc_s.so.1 /lib/x86_64-linux-gnu/
until /pvstat two | grep -q state=paused; do sleep 0.1; done
/pvstat | sed 's/^/LINE /'
echo "JSON $(/pvstat --json two)"
/linux-observer-answers 2
/pvstat nobody
echo "NOBODY $?"
/xl list | sed 's/^/XL /'
/xl vcpu-list two | sed 's/^/XL /'
/xl pause two 2>&1 | sed 's/^/PAUSE /'
/xenperf -f | sed 's/^/PERF /'

export LC_ALL=C.UTF-8 TERM=screen
tmux() { /tmux -L t -f /dev/null "$@" </dev/null; }
# screen PATTERN: until the pane has a line that matches; then print it all.
screen() {
    tries=0
    until tmux capture-pane -p >/tmp/pane && grep -q -e "$1" /tmp/pane; do
        tries=$((tries + 1))
        [ $tries -lt 150 ] || { echo "NOT ON SCREEN $1"; cat /tmp/pane; poweroff -f; }
        sleep 0.1
    done
    sed -n 's/^./SCREEN &/p' /tmp/pane
}
tmux new-session -d -x 100 -y 40 'TERM=screen /pvtop --interval 0.3; echo "LEFT $?"; cat'
screen 'by cpu'
screen 'sched_op [1-9]'
tmux send-keys n
screen 'by name'
tmux send-keys i Down
screen '^two (2)'
tmux resize-window -x 46 -y 6
screen '^   ID NAME  *STATE  *CPU% VCPUS$'
echo "LINES $(grep -c . /tmp/pane)"
tmux send-keys q
screen '^LEFT 0'
tmux kill-server
echo DONE
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/pvstat" "$B/pvtop" "$B/linux-observer-answers" "$XEN/xl" "$XEN/xenperf" \
    "$(command -v tmux)" /lib/terminfo/s/screen /usr/lib/locale/C.utf8/LC_CTYPE \
    /lib/x86_64-linux-gnu/libgcc_s.so.1 "$B/xen/xen-privcmd.ko"
"$HVRUN" --timeout 100 --smp 2 --control "$tmp/control" \
    --name one --observer --memory 256 --kernel "$LINUX" --ramdisk "$tmp/initrd" --cmdline "console=hvc0 quiet panic=1" \
    --domain --name two --weight 512 --vcpus 2 --kernel "$PV" --cmdline echo \
    --domain --name full --mode fv --kernel "$NATIVE" --cmdline echo \
    --domain --name four --memory 256 --kernel "$LINUX" --ramdisk "$tmp/initrd" \
    --cmdline "console=hvc0 quiet panic=1 blind" >"$out" 2>"$err" </dev/null &
pid=$!
tries=0
until grep -q '^(d2) echo' "$out"; do
    tries=$((tries + 1))
    [ $tries -lt 1000 ] || fail "the other domain does not start"
    sleep 0.1
done
ctl pause two || fail "not paused"
ctl wait one ended || { cat "$out" "$err"; fail "the observer does not end"; }
ctl list --json | tr -d '\n' >"$tmp/list"
ctl stats two >"$tmp/stats"
ctl destroy two
ctl destroy full
finished $pid

# It was paused, so all the numbers agree.
sed -n 's/^(d1) JSON //p' "$out" >"$tmp/json"
# counts FILE: the object "hypercalls", one `name:n` a line, without their sum.
counts() { sed 's/.*"hypercalls":{\([^}]*\)}.*/\1/' "$1" | tr ',' '\n' | grep -v total | sort; }
counts "$tmp/stats" >"$tmp/hvctl.counts"
counts "$tmp/json" >"$tmp/pvstat.counts"
cmp "$tmp/hvctl.counts" "$tmp/pvstat.counts" || fail "hypercalls differ"
grep -q mmu_update "$tmp/pvstat.counts" || fail "no hypercalls"
# value FILE KEY: of the first such key.
value() { sed "s/.*\"$2\":\([0-9]*\).*/\1/" "$1"; }
[ "$(sed 's/.*"exits":{[^}]*"total":\([0-9]*\).*/\1/' "$tmp/json")" = "$(value "$tmp/stats" exits)" ] || fail "exits differ"
has '"weight":512,' "$tmp/json"
has '"name":"two"' "$tmp/json"
cpu_ns=$(sed 's/.*"type":"pv","state":"[a-z]*","cpu_ns":\([0-9]*\).*/\1/' "$tmp/json")
[ "$cpu_ns" = "$(value "$tmp/stats" cpu_ns)" ] || fail "CPU times differ"
has '"name": *"two"[^}]*"memory_kib": *65536\|"pages": *16384' "$tmp/list"

has '^(d1) LINE id=1 name=one type=pv state=running vcpus=1 online=1 memory_kib=262144'
has '^(d1) LINE id=2 name=two type=pv state=paused vcpus=2 online=[12] memory_kib=65536'
has '^(d1) LINE id=3 name=full type=hvm '
has '^(d1) NOBODY 1'
has '^(d1) XL one  *1  *256  *1  *r'
has '^(d1) XL two  *2  *64  *1  *-b*-*p'
has '^(d1) XL two  *2  *0  *[01]  *[-b][-b]-  *[0-9.]*  all / all'
has '^(d1) PAUSE .*Operation not permitted'
total=$(sed 's/.*"hypercalls":{[^}]*"total":\([0-9]*\).*/\1/' "$tmp/json")
has "^(d1) PERF d2 hypercalls  *T=  *$total "
answers '(d1) ' dom0
answers '(d4) ' domU
has '^(d4) BLIND pvstat: this domain may not look at others'

hasnt 'NOT ON SCREEN'
has '^(d1) SCREEN hv-stub 4.17.0-pvkit: [34] domains, 2 CPUs'
has '^(d1) SCREEN  *1 one '
has '^(d1) SCREEN LEFT 0'
has '^(d1) LINES [56]'
has '^(d1) DONE'
has '^(hv) audit: 0 violations'
pass
