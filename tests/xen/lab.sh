#!/bin/sh
# SPDX-License-Identifier: MIT
# lab.sh: Xen 4.17 with a Linux dom0 and xl, in QEMU; its domains get disks and network cards from
# Linux's back-ends. Nothing but Debian's packages is needed, and nothing is installed.
#
#   lab.sh build                                      fetch and build (half a minute, once)
#   lab.sh run [OPTION]... --kernel FILE [OPTION]... [--domain --kernel FILE [OPTION]...]...
#   lab.sh job SCRIPT [FILE]...                       run SCRIPT in dom0, with the FILEs in /lab
#
# Of a domain: --type pv|pvh|hvm (pv; the native shim wants hardware that PVH has not; hvm: a bzImage, with disks
#   both emulated and PV, its console the serial line) --kernel FILE
#   --ramdisk FILE --cmdline STR --memory MiB (64) --vcpus N (1) --net --disk MEDIA[,r],
#   MEDIA being ram:MiB (a RAM disk of dom0), file:MiB (a file in dom0, through a loop device) or
#   virtio:FILE (a file here, as dom0's virtio disk).
#   Disks are xvda, xvdb, ...; dom0 is 10.0.2.2 on the bridge, domain n is meant to be 10.0.2.(100+n).
# Of the machine: --smp N (1) --icount --timeout S (200) --xen "OPTIONS" --dom0 SCRIPT (run in dom0
#   beside the domains; tests/xen/lab/lib.sh says what it can use) --file FILE (into dom0's /lab)
#   --log FILE (what Xen and dom0 say).
#
# The domains' consoles and the output of SCRIPT go to stdout, with (dN) before each line if there
# are several domains. Exit status as hvrun's: 0 all powered off, 3 one crashed, 4 Xen or dom0 did,
# 5 timeout, 6 could not be run, 7 one asked for a reboot; 1 SCRIPT failed.
set -eu
B=${B:-build}
lab=$B/xen/lab
die() {
    echo "lab.sh: $*" >&2
    exit 2
}

tmp=$(mktemp -d)
pid=
# shellcheck disable=SC2317 # the trap calls it
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || :
    rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

smp=1
icount=
limit=200
xen_words=
log=$tmp/log
domains=0
dom0_memory=512
guest_memory=0
virtio=0
hvm=
files=$tmp/overlay/lab
mkdir -p "$files"
: >"$files/setup.sh"

build() {
    if [ ! -r "$B/xen/xen.elf" ]; then
        sh tests/xen/fetch.sh "$B/xen/xen.elf" >&2
    fi
    sh tests/xen/lab/build.sh "$lab" >&2
    [ -z "$hvm" ] || sh tests/xen/lab/hvm.sh "$lab" >&2
}

add_file() {
    [ -r "$1" ] || die "no $1"
    cp "$1" "$files/${2:-$(basename "$1")}"
}

begin_domain() {
    domains=$((domains + 1))
    type=pv
    kernel=
    ramdisk=
    cmdline=
    memory=64
    vcpus=1
    disks=
    letter=a
    vif=
}

# add_disk MEDIA[,r]: what dom0 must do for it goes to setup.sh.
add_disk() {
    mode=w
    media=$1
    case $media in *,r) mode=r && media=${media%,r} ;; esac
    case $media in
    ram:*)
        [ "${ram_size:-${media#*:}}" = "${media#*:}" ] || die "all RAM disks must be of one size"
        ram_size=${media#*:}
        device=/dev/ram${rams:-0}
        rams=$((${rams:-0} + 1))
        dom0_memory=$((dom0_memory + ram_size))
        ;;
    file:*)
        device=/lab/d$domains$letter.img
        echo "truncate -s ${media#*:}M $device" >>"$files/setup.sh"
        dom0_memory=$((dom0_memory + ${media#*:}))
        ;;
    virtio:*)
        device=/dev/vd$(echo abcdefgh | cut -c $((virtio + 1)))
        [ -r "${media#*:}" ] || die "no ${media#*:}"
        ln -s "$(realpath "${media#*:}")" "$tmp/disk$virtio"
        virtio=$((virtio + 1))
        ;;
    *) die "what is the disk '$1'?" ;;
    esac
    disks="$disks\"phy:$device,xvd$letter,$mode\","
    letter=$(echo "$letter" | tr a-o b-p)
}

# end_domain: its xl.cfg. Xen would by default trap rdtsc where the TSC is not invariant.
end_domain() {
    [ -n "$kernel" ] || die "no --kernel"
    add_file "$kernel" "d$domains.elf"
    ramdisk_line=
    if [ -n "$ramdisk" ]; then
        add_file "$ramdisk" "d$domains.ramdisk"
        ramdisk_line="ramdisk=\"/lab/d$domains.ramdisk\""
    fi
    case $cmdline in *\"*) die "no double quotes in a command line" ;; esac
    cpu=0
    [ "$smp" = 1 ] || cpu=1-$((smp - 1))
    hvm_lines=
    if [ "$type" = hvm ]; then
        hvm=1
        dom0_memory=$((dom0_memory + 192))
        vif=${vif:+"${vif%\"},type=vif\""}
        hvm_lines="serial=\"file:/var/log/xen/console/guest-d$domains.log\"
	vga=\"none\"
	vnc=0"
    fi
    guest_memory=$((guest_memory + memory))
    dom0_memory=$((dom0_memory + $(cat "$kernel" ${ramdisk:+"$ramdisk"} | wc -c) / 524288))
    cat >"$files/d$domains.cfg" <<-END
	name="d$domains"
	type="$type"
	kernel="/lab/d$domains.elf"
	$ramdisk_line
	extra="$cmdline"
	memory=$memory
	vcpus=$vcpus
	cpus="$cpu"
	disk=[$disks]
	vif=[$vif]
	tsc_mode="native"
	on_poweroff="destroy"
	on_reboot="destroy"
	on_crash="destroy"
	$hvm_lines
	END
}

parse() {
    begin_domain
    while [ $# -gt 0 ]; do
        option=$1
        shift
        case $option in
        --net) vif="\"bridge=xenbr0,mac=00:16:3e:00:0$domains:00\"" && continue ;;
        --icount) icount="-icount shift=0,sleep=off -rtc clock=vm" && continue ;;
        --domain) end_domain && begin_domain && continue ;;
        esac
        [ $# -gt 0 ] || die "$option needs a value"
        case $option in
        --type) type=$1 ;;
        --kernel) kernel=$1 ;;
        --ramdisk) ramdisk=$1 ;;
        --cmdline) cmdline=$1 ;;
        --memory) memory=$1 ;;
        --vcpus) vcpus=$1 ;;
        --disk) add_disk "$1" ;;
        --smp) smp=$1 ;;
        --timeout) limit=$1 ;;
        --xen) xen_words=$1 ;;
        --dom0) add_file "$1" dom0.sh ;;
        --file) add_file "$1" ;;
        --log) log=$1 ;;
        *) die "what is $option?" ;;
        esac
        shift
    done
    end_domain
    if [ -n "${rams:-}" ]; then
        echo "modprobe brd rd_nr=$rams rd_size=$((ram_size * 1024))" >>"$files/setup.sh"
    fi
    [ -z "$icount" ] || echo "late=1" >>"$files/setup.sh"
    [ "$virtio" = 0 ] || echo "modprobe virtio_pci && modprobe virtio_blk" >>"$files/setup.sh"
    echo ". /lab/domains.sh" >"$files/job.sh"
}

start_qemu() {
    drives=
    n=0
    while [ "$n" -lt "$virtio" ]; do
        drives="$drives -drive file=disk$n,format=raw,if=none,id=disk$n -device virtio-blk-pci,drive=disk$n"
        n=$((n + 1))
    done
    thread=
    if [ -z "$icount" ] && [ "$smp" != 1 ]; then
        thread=,thread=multi
    fi
    (cd "$tmp/overlay" && find . -mindepth 1 | "$lab/root/bin/busybox" cpio -o -H newc -R 0:0 2>/dev/null) |
        cat "$lab/dom0.cpio" ${hvm:+"$lab/hvm.cpio"} - >"$tmp/dom0.cpio"
    ln -s "$lab/vmlinux" "$tmp/vmlinux"
    ln -s "$(realpath "$B/xen/xen.elf")" "$tmp/xen"
    mkfifo "$tmp/console"
    # The processor and Xen's options are those of run.sh, and why is said there.
    cd "$tmp"
    # shellcheck disable=SC2086 # lists of words
    timeout -k 2 "$limit" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
        -machine pc -accel tcg$thread -cpu max,-smap,-smep,-monitor,family=23 -smp "$smp" \
        -m $((dom0_memory + guest_memory + 256)) $icount $drives \
        -serial "file:log" -serial stdio -kernel xen \
        -append "dom0_mem=${dom0_memory}M dom0_max_vcpus=1 dom0_vcpus_pin console=com1 com1=115200,8n1 dom0=pv noreboot bootscrub=0 spec-ctrl=no xpti=no $xen_words" \
        -initrd "vmlinux console=hvc0 quiet panic=1 mitigations=off,dom0.cpio" \
        </dev/null >console 2>errors &
    pid=$!
    cd "$OLDPWD"
}

# The job's output, up to its status; then QEMU ends by itself.
relay() {
    status=
    while IFS= read -r line; do
        case $line in
        LAB-STATUS*) status=${line#LAB-STATUS } && break ;;
        esac
        printf '%s\n' "$line"
    done <"$tmp/console"
}

finish_qemu() {
    code=0
    wait "$pid" || code=$?
    pid=
    [ "$log" = "$tmp/log" ] || cp "$tmp/log" "$log"
    [ -z "$status" ] || return 0
    status=6
    if [ "$code" = 124 ]; then
        echo "lab.sh: timeout after $limit seconds" >&2
        status=5
    elif [ -s "$tmp/errors" ]; then
        echo "lab.sh: QEMU ended with status $code: $(tail -n 1 "$tmp/errors")" >&2
    else
        echo "lab.sh: Xen or dom0 crashed" >&2
        status=4
    fi
    tail -n 20 "$tmp/log" >&2
}

command=${1:-}
[ $# = 0 ] || shift
case $command in
build)
    build
    exit
    ;;
run) parse "$@" ;;
job)
    [ $# -gt 0 ] || die "job needs a script"
    add_file "$1" job.sh
    shift
    for file in "$@"; do add_file "$file"; done
    ;;
*)
    sed -n '3,/^set/s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
build
lab=$(realpath "$lab")
start_qemu
relay
finish_qemu
exit "$status"
