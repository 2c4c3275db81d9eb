# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Run in dom0: create the domains of /lab/d*.cfg, show their consoles, wait for their ends.
#
# The exit status is hvrun's: 0 all powered off, 3 one crashed, 7 one asked for a reboot, 6 one could
# not be created; 1 if the script dom0.sh beside them failed.
# shellcheck source=tests/xen/lab/lib.sh
. /lab/lib.sh
set -- d*.cfg
count=$#
late=

# relay NAME: the console of a domain to its log and to our output; where instructions are counted,
# not before the end.
relay() {
    if [ -n "$late" ]; then
        cat <"/var/log/xen/console/guest-$1.log" >"$1.log"
    elif [ "$count" = 1 ]; then
        tee "$1.log" <"/var/log/xen/console/guest-$1.log"
    else
        while IFS= read -r line; do
            echo "$line" >>"$1.log"
            printf '(%s) %s\n' "$1" "$line"
        done <"/var/log/xen/console/guest-$1.log"
    fi
}

# show NAME: the console at the end.
show() {
    if [ "$count" = 1 ]; then
        cat "$1.log"
    else
        sed "s/^/($1) /" "$1.log"
    fi
}

# run NAME: until the domain has ended.
run() {
    mkfifo "/var/log/xen/console/guest-$1.log"
    relay "$1" &
    xl create -F "$1.cfg" >"$1.xl" 2>&1
    touch "$1.ended"
    # Nobody has opened the pipe for writing if the domain did not come up, and then the relay waits.
    grep -q "has shut down\|has been destroyed" "$1.xl" || kill $!
    wait $!
}

# outcome NAME: what xl said of the domain's end, as an exit status.
outcome() {
    case $(sed -n 's/.*has shut down, reason code \([0-9]*\).*/\1/p' "$1.xl") in
    0) return 0 ;;
    1) return 7 ;;
    3) echo "$1: crashed" >&2 && return 3 ;;
    esac
    if grep -q "has been destroyed" "$1.xl"; then
        [ -e "$1.destroyed" ] && return 0
        return 3
    fi
    sed "s/^/$1: /" "$1.xl" >&2
    return 6
}

# shellcheck disable=SC1091 # made by lab.sh
. ./setup.sh
jobs=
for cfg in "$@"; do
    run "${cfg%.cfg}" &
    jobs="$jobs $!"
done
status=0
if [ -e dom0.sh ]; then
    sh ./dom0.sh || status=1
fi
# shellcheck disable=SC2086 # a list of processes
wait $jobs
for cfg in "$@"; do
    [ -z "$late" ] || show "${cfg%.cfg}"
    code=0
    outcome "${cfg%.cfg}" || code=$?
    [ "$code" = 0 ] || status=$code
done
exit "$status"
