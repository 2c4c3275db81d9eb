# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A whole Debian, made by debootstrap: systemd gets it to a login prompt on hv-stub; whoever logs in has
# an address by DHCP, apt-get finds its packages in order, fio verifies what it wrote to the disk, iperf3
# reaches this computer both ways, and nothing has failed. It powers off; its file system is in order.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
[ "$(id -u)" = 0 ] || skip "debootstrap is for the superuser"
need_linux
mkdir -p "$B/debian"
[ -r "$B/debian/root.img" ] || sh tests/debian/root.sh "$B/debian/root.img" || skip "Debian could not be downloaded"
cp --sparse=always "$B/debian/root.img" "$tmp/root.img"
# The front-ends: Linux's, unless somebody else's are named.
# shellcheck disable=SC2086 # a list of files
sh tests/xen/initrd.sh "$tmp/initrd" tools/linux/initrd ${DRIVERS:-$B/xen/xen-blkfront.ko $B/xen/xen-netfront.ko}

# A port that nobody has: iperf3 stays.
port=15202
until
    iperf3 -s -p $port >"$tmp/iperf3" 2>&1 &
    server=$!
    sleep 1
    kill -0 $server 2>/dev/null
do
    port=$((port + 1))
    [ $port -lt 15300 ] || error "iperf3 does not start: $(cat "$tmp/iperf3")"
done
trap 'kill $server 2>/dev/null; rm -rf "$tmp"' EXIT

mkfifo "$tmp/keys"
exec 3<>"$tmp/keys"
: >"$out"
"$HVRUN" --timeout 1500 --smp 2 --vcpus 2 --memory 512 --kernel "$B/xen/vmlinuz" --ramdisk "$tmp/initrd" \
    --disk "$tmp/root.img" --net user \
    --cmdline "console=hvc0 root=/dev/xvda quiet" \
    <"$tmp/keys" >"$out" 2>"$err" 3>&- &
pid=$!

# plain: the console without what moves the cursor.
plain() { tr -d '\r' <"$out" | sed 's/\x1b\[[?0-9;]*[A-Za-z]//g'; }

# answer PATTERN [KEYS]: wait for a line that matches, then type.
answer() {
    until plain | grep -q -a -e "$1"; do
        kill -0 $pid 2>/dev/null || {
            cat "$out" "$err"
            fail "ended before: $1"
        }
        sleep 1
    done
    [ -z "${2:-}" ] || printf '%s\n' "$2" >&3
}

# The shell's words, not ours.
# shellcheck disable=SC2016
{
    answer 'pvkit login:' root
    answer 'root@pvkit:~#' 'until ip -4 -o addr | grep "inet 10"; do sleep 1; done; echo WAITED'
    answer '^WAITED' 'apt-get check; echo "APT $?"'
    answer '^APT' 'fio --name=check --filename=/root/f --size=64M --rw=randwrite --bsrange=4k-256k --direct=1 --ioengine=libaio --iodepth=16 --verify=crc32c --verify_fatal=1 --minimal >/tmp/fio; echo "FIO $?"'
    answer '^FIO' "iperf3 -c 10.0.2.2 -p $port -t 4 | grep receiver; echo \"IPERF \$?\""
    answer '^IPERF' "iperf3 -R -c 10.0.2.2 -p $port -t 4 | grep receiver; echo \"BACK \$?\""
    answer '^BACK' 'systemctl --no-pager --no-legend --failed; echo "FAILED UNITS $(systemctl --no-legend --failed | wc -l)"'
    answer '^FAILED UNITS' poweroff
}
status=0
wait $pid || status=$?
plain >"$out.text"
mv "$out.text" "$out"
cat "$out" "$err"
[ $status = 0 ] || fail "exit status $status"
has 'inet 10\.0\.2\.15/24'
for word in APT FIO IPERF BACK 'FAILED UNITS'; do has "^$word 0"; done
hasnt 'BUG:'
has '^(hv) audit: 0 violations'
e2fsck -f -n "$tmp/root.img" || fail "the root disk's file system is not clean"
pass
