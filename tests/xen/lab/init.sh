#!/bin/sh
# SPDX-License-Identifier: MIT
# The init of dom0: bring up what xl needs, run the job, report its status on the second serial line, and
# switch off.
export PATH=/bin:/usr/lib/xen-4.17/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs run /run
mkdir -p /run/lock /run/xen /run/xenstored
for module in xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs loop xen-blkback bridge xen-netback; do
    modprobe "$module" || echo "lab: no module $module"
done
mount -t xenfs xenfs /proc/xen
xenstored --pid-file=/run/xenstored.pid --internal-db
xen-init-dom0
xenconsoled --log=guest --log-dir=/var/log/xen/console --pid-file=/run/xenconsoled.pid

# dom0 is to the domains what the uplink's gateway is on hv-stub.
hostname dom0
ip link set lo up
ip link add xenbr0 type bridge
ip addr add 10.0.2.2/24 dev xenbr0
ip link set xenbr0 up

stty -F /dev/ttyS1 raw -echo 115200
cd /lab || exit
sh ./job.sh </dev/null >/dev/ttyS1 2>&1
echo "LAB-STATUS $?" >/dev/ttyS1
poweroff -f
