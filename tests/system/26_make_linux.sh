# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# `make linux`: the root disk's shell answers, with two CPUs, a leased address and a disk that keeps what
# was written over `reboot`; `poweroff` ends it with status 0.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
need_linux
mkfifo "$tmp/keys"
exec 3<>"$tmp/keys"
: >"$out"
export LINUX_SMP=2 LINUX_MEM=200 LINUX_DISK="$tmp/root.img"
timeout -k 2 200 sh tools/linux/run.sh <"$tmp/keys" >"$out" 2>&1 3>&- &
pid=$!

# answer N PATTERN: wait until N lines match.
answer() {
    until [ "$(grep -c -e "$2" "$out")" -ge "$1" ]; do
        kill -0 $pid 2>/dev/null || {
            cat "$out"
            fail "ended before: $2"
        }
        sleep 0.2
    done
}

answer 1 '^dmesg shows'
# shellcheck disable=SC2016 # the guest's shell expands them
echo 'echo CPUS $(nproc) ROOT $(grep " / " /proc/mounts) ADDRESS $(ip -4 -o addr show eth0); echo kept >/root/file' >&3
answer 1 '^CPUS'
echo 'ping -c 5 10.0.2.2; reboot' >&3
answer 2 '^dmesg shows'
# shellcheck disable=SC2016
echo 'echo FOUND $(cat /root/file)' >&3
answer 1 '^FOUND'
echo poweroff >&3
wait $pid
status=$?
cat "$out"
[ $status = 0 ] || fail "exit status $status"
has '^CPUS 2 ROOT /dev/xvda / ext4 rw.* ADDRESS .* inet 10\.0\.2\.15/24'
has '[1-9] packets received'
has '^FOUND kept'
hasnt 'BUG:'
[ "$(grep -c '^(hv) audit: 0 violations' "$out")" = 2 ] || fail "wanted two audits without violations"
e2fsck -f -n "$tmp/root.img" >"$err" 2>&1 || fail "the root disk: $(cat "$err")"
LINUX_MEM=lots sh tools/linux/run.sh 2>"$err" && fail "LINUX_MEM=lots was taken"
has 'make linux: LINUX_MEM=lots: a number' "$err"
pass
