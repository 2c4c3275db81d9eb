#!/bin/sh
# SPDX-License-Identifier: MIT
# deps.sh GROUP...: install the Debian packages that the groups of work need and this computer lacks.
#
# A package counts as present when the file or command it is wanted for exists, so that compilers
# and emulators installed by other means are respected. As root the missing ones are installed; for
# anybody else the one command to run is printed and the script fails.
set -eu
cd "$(dirname "$0")/.."

# What each group wants: `PACKAGE command NAME` or `PACKAGE file PATH`.
wants() {
    case $1 in
    build) cat <<-END
		gcc command ${CC:-gcc}
		binutils command ld
		libc6-dev file /usr/include/stdlib.h
		libxen-dev file /usr/include/xen/xen.h
		libjansson-dev file /usr/include/jansson.h
		libncurses-dev file /usr/include/ncurses.h
		zlib1g-dev file /usr/include/zlib.h
		liblzma-dev file /usr/include/lzma.h
		libbz2-dev file /usr/include/bzlib.h
		libzstd-dev file /usr/include/zstd.h
		liblz4-dev file /usr/include/lz4.h
		END
        ;;
    run) echo "qemu-system-x86 command qemu-system-x86_64" ;;
    xen)
        printf "%s\n" "dpkg command dpkg-deb" "xz-utils command xz" "lz4 command lz4" "binutils command readelf" \
            "busybox-static file /bin/busybox" "cpio command cpio"
        ;;
    report) echo "gnuplot-nox command gnuplot" ;;
    iso) cat <<-END
		grub-common command grub-mkrescue
		grub-pc-bin file /usr/lib/grub/i386-pc/multiboot2.mod
		xorriso command xorriso
		mtools command mformat
		END
        ;;
    check)
        wants iso
        wants modules
        wants guest-modules
        wants linux
        printf "%s\n" "libcmocka-dev file /usr/include/cmocka.h" "sparse command sparse" "jq command jq" \
            "qemu-utils command qemu-img" "tmux command tmux" \
            "chromium command chromium" "gnuplot-nox command gnuplot"
        ;;
    linux) printf "%s\n" "busybox-static file /bin/busybox" "cpio command cpio" "e2fsprogs command mke2fs" ;;
    long)
        wants linux
        cat <<-END
		qemu-utils command qemu-img
		debootstrap command debootstrap
		iperf3 command iperf3
		bochs command bochs
		stress-ng command stress-ng
		bochsbios file /usr/share/bochs/BIOS-bochs-latest
		END
        ;;
    modules)
        release=$(sh tools/kernel-release.sh) || exit 2
        printf "%s\n" "libxen-dev file /usr/include/xen/xen.h" \
            "linux-headers-$release file /lib/modules/$release/build/Makefile"
        ;;
    guest-modules)
        guest=$(sh tests/xen/kernel-package.sh cloud-amd64) || return 0 # no network: who needs them says so
        guest=${guest#linux-image-}
        printf "%s\n" "libxen-dev file /usr/include/xen/xen.h" "gcc command gcc" \
            "linux-headers-$guest file /lib/modules/$guest/build/Makefile"
        ;;
    lint) cat <<-END
		clang command clang
		clang-format command clang-format
		libcmocka-dev file /usr/include/cmocka.h
		cppcheck command cppcheck
		shellcheck command shellcheck
		END
        ;;
    *)
        echo "deps.sh: no group '$1' (build run xen linux report iso check long modules guest-modules lint)" >&2
        exit 2
        ;;
    esac
}

missing=
for group in "$@"; do
    list=$(wants "$group")
    while read -r package kind what; do
        case $kind in
        command) command -v "$what" >/dev/null 2>&1 && continue ;;
        file) [ -e "$what" ] && continue ;;
        esac
        # The user's own compiler is the user's to provide.
        if [ "$package" = gcc ] && [ "$what" != gcc ]; then
            [ "${what#clang}" != "$what" ] && package=clang
        fi
        case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac
    done <<-END
	$list
	END
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "pvkit needs packages that are not installed. Please run:" >&2
    echo "    sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
echo "deps: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of package names
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}
if ! install >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "deps: could not install$missing" >&2
    exit 1
fi
