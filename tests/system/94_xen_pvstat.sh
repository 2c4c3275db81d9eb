# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# pvstat and pvtop in the dom0 of Xen 4.17: what they say of a domain is what xl says of it, and the grants in
# use are those of its rings. In a domain that is not dom0 they say why they cannot.
. tests/system/lib.sh
need "$B/pvstat" "$B/pvtop" "$B/linux-observer-answers"
need_linux
need_lab
cat >"$tmp/init" <<'END'
insmod /xen-netfront.ko
ip link set eth0 up
insmod /xen-privcmd.ko unrestricted=1
echo "BLIND $(/pvstat 2>&1)"
/linux-observer-answers 1 | sed 's/^/domU /'
echo READY
sleep 1000
END
cat >"$tmp/dom0.sh" <<'END'
. /lab/lib.sh
with() { LD_LIBRARY_PATH=/lab "$@"; }
wait_line 1 '^READY' || exit 1
xl pause d1
with /lab/pvstat | sed 's/^/LINE /'
echo "JSON $(with /lab/pvstat --json d1)"
xl list | sed 's/^/XL /'
xl vcpu-list d1 | sed 's/^/VCPU /'
/lab/linux-observer-answers 1 | sed 's/^/dom0 /'
xl unpause d1
with /lab/pvtop --batch 1 --sort id | sed 's/^/TOP /'
destroy 1
END
# What the programs are linked with, and dom0 has not: it has all of Xen's.
files=
for library in $(ldd "$B/pvstat" "$B/pvtop" | sed -n 's/.*=> \([^ ]*\) .*/\1/p' | grep -v 'libxen\|libc\.so' | sort -u); do
    files="$files --file $library"
done
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$B/pvstat" "$B/linux-observer-answers" "$B/xen/xen-netfront.ko" "$B/xen/xen-privcmd.ko"
# shellcheck disable=SC2086 # a list of words
expect 0 sh tests/xen/lab.sh run --timeout 300 --dom0 "$tmp/dom0.sh" --file "$B/pvstat" --file "$B/pvtop" --file "$B/linux-observer-answers" $files \
    --memory 256 --vcpus 2 --net --kernel "$LINUX" --ramdisk "$tmp/initrd" --cmdline "console=hvc0 quiet panic=1"
answers 'dom0 ' dom0
answers 'domU ' domU
has '^BLIND pvstat: this domain may not look at others'
has '^LINE id=0 name=Domain-0 type=pv state=running '
# field NAME: of the paused domain's line.
field() { sed -n "s/^LINE id=1 .* $1=\([^ ]*\).*/\1/p" "$out"; }
said=$(sed -n 's/^XL d1  *1  *\([0-9]*\)  *\([0-9]*\)  *-[b-]p---  *\([0-9.]*\)$/\1 \2 \3/p' "$out")
[ -n "$said" ] || fail "xl does not list it"
[ "$(($(field memory_kib) / 1024)) $(field online) $(field cpu_ns | awk '{ printf "%.1f", $1 / 1e9 }')" = "$said" ] ||
    fail "pvstat and xl differ"
[ "$(field state) $(field vcpus) $(field type)" = "paused 2 pv" ] || fail "state, vcpus, type"
[ "$(field grants_in_use)" -ge 2 ] || fail "the rings are in use"
[ "$(field event_channels)" -ge 4 ] || fail "event channels"
[ "$(field hypercalls)" = - ] || fail "Debian's Xen counts no hypercalls"
sed -n 's/^JSON //p' "$out" >"$tmp/json"
has '"hypervisor":{"name":"xen","version":"4.17' "$tmp/json"
for vcpu in 0 1; do
    seconds=$(sed "s/.*\"vcpus\":\[.*{\"id\":$vcpu,[^}]*\"cpu_ns\":\([0-9]*\)}.*/\1/" "$tmp/json" | awk '{ printf "%.1f", $1 / 1e9 }')
    has "^VCPU d1  *1  *$vcpu  *0  *[-b][-b]-  *$seconds " # of CPU 0
done
has '^TOP Xen 4.17.*: 2 domains, 1 CPUs'
has '^TOP  *1 d1 '
has '^TOP   hypercalls/s   -'
pass
