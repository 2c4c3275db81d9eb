# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A stock Linux finds XSAVE, AVX2 and FSGSBASE, and its programs keep their registers.
. tests/system/lib.sh
need "$HVRUN" "$B/hv-stub.elf"
need_linux
${CC:-gcc} -std=gnu11 -O2 -mavx2 -mfsgsbase -static -Wall -Wextra -Werror -o "$tmp/linux_avx" tests/xen/linux_avx.c ||
    error "linux_avx.c does not compile"
cat >"$tmp/init" <<'END'
dmesg | grep 'x86/fpu: Enabled xstate features'
/linux_avx
poweroff -f
END
sh tests/xen/initrd.sh "$tmp/initrd" "$tmp/init" "$tmp/linux_avx"
expect 0 "$HVRUN" --strict --timeout 200 --memory 256 --vcpus 2 --kernel "$B/xen/vmlinuz" \
    --ramdisk "$tmp/initrd" --cmdline "console=hvc0 loglevel=3 panic=1"
has 'Enabled xstate features 0x7'
has '^AVX2 and bases kept'
has '^(hv) audit: 0 violations'
pass
