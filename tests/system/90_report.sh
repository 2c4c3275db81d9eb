# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# From what guests print to what a reader sees: iotab and linuxtab collate, report draws, a browser shows it.
. tests/system/lib.sh
need "$B/iotab" "$B/linuxtab" "$B/report"
command -v chromium >"$tmp/which" || skip "no chromium"
dir=$tmp/io
mkdir "$dir"
# line OP INSTRUCTIONS EVENTS BYTES NS
line() {
    echo "BENCH {\"op\":\"$1\",\"n\":8,\"instructions\":$2,\"events\":$3,\"hypercalls\":$3,\"bytes\":$4,\"ns\":$5}"
}
for env in fv-pio fv-dma pv; do
    case $env in fv-pio) cost=40 ;; fv-dma) cost=16 ;; pv) cost=1 ;; esac
    {
        echo "a kernel's own words"
        line blk_read4k_qd1 $((cost * 1000)).125 "$cost.5" 4096 7000.5
        line blk_read4k_qd32 $((cost * 990)) "0.0$cost" 4096 6000
        line blk_read1m $((cost * 300000)).25 3.125 1048576 640000
        echo BENCH-END
    } >"$dir/blk.$env.log"
done
{ line net_ping_1 70000 35 1 1 && line net_stream_1500 200000 27.5 1460 1; } >"$dir/net.fv-ne2k.log"
{ line net_ping_1 16000 2 1 1 && line net_stream_1500 5000 0.06 1460 1; } >"$dir/net.pv.log"
{ line blk_read4k_qd1 1 1 4096 7000 && line blk_read1m 1 1 1048576 600; } >"$dir/blkw.pv.log"
line blk_read4k_qd1 1 null 4096 291000 >"$dir/blkw.xen-dom0.log"
echo "no Xen today" >"$dir/netw.xen-dom0.reason"
for i in 1 2; do echo "(d$i) $(line blk_share 1 1 4096 1)"; done >"$dir/share.pv.2.log"

echo '{"rows": [], "targets": []}' >"$tmp/bench.json"
expect 0 "$B/iotab" "$dir" "$tmp/bench.json"
has '^blk_read4k_qd1 .* 40000 .* 16000 .* 1000'
has '^blk_read4k_qd1 .*41.6x'
has 'pv *2 domains: *16 requests together, least share 100'
has 'not measured: netw.xen-dom0: no Xen today'
expect 1 "$B/iotab" --check "$dir" "$tmp/bench.json"
has 'PIO / PV *27.00  met (at least 20)'
has 'round trip.*MISSED: no result'
expect 0 "$B/iotab" --missed "$dir" # by the clock: no such rows, or a missing one
has '^blkw'
has '^netw'

linux=$tmp/linux
mkdir "$linux"
for run in "bare 300 1000" "container 310.5 1200" "pv 400 9000" "xen-pv 900.25 12000"; do
    # shellcheck disable=SC2086 # splitting into words is the point
    set -- $run
    {
        line null_call "$2" 0 0 1
        line stat "$((${2%.*} + 3000))" 0 0 1
        line blk_read4k_qd1 "$2" 0 4096 1
    } >"$linux/count.$1.log"
    line null_call 1 0 0 "$3" >"$linux/time.$1.log"
done
line blk_read1m 2000 0 1048576 9000 >>"$linux/count.pv.log"
line blk_read1m 1500.5 0 1048576 9000 >"$linux/count.pv-pvkit.log"
line blk_read1m 3000 0 1048576 1 >"$linux/count.fv-ata.log"
line blk_read1m 4000 0 1048576 1 >"$linux/count.fv-ring.log"
echo "no processor" >"$linux/count.fv.reason"
expect 0 "$B/linuxtab" "$linux" "$tmp/bench.json"
has '^null_call  *300  *310  *-  *-  *400  *900  *0.44  *0.33  *0.17'
has '^null_call  *1.00  *1.20  *-  *-  *9.00  *12.00  *0.75'
has '^blk_read1m  *2000  *1500  *0.75  *-'
has '^blk_read1m  *3000  *4000  *0.75$'
has 'not measured: count.fv: no processor'
expect 1 "$B/linuxtab" --check "$linux" "$tmp/bench.json"
has 'null_call: instructions, hv-stub / Xen  *0.44  met'
has '^null_call  *1.02  *3.00  *1.33'
has 'stat: instructions that PV adds, hv-stub / Xen  *0.17  met'
has 'pv_blkfront / xen-blkfront on hv-stub: instructions, mean  *0.75  met'
has 'fork: .*MISSED: no result'
expect 0 "$B/report" "$tmp/bench.json" "$tmp/report.html"
grep -q '<tr><td>null call</td><td>1.02</td><td>3.00</td><td>1.33</td></tr>' "$tmp/report.html" ||
    fail "the paper's ratio is not shown"
expect 0 sh tests/report.sh "$tmp/bench.json" "$tmp/report.html"
has '^[5-9] charts, [1-9][0-9]* figures'
# A page that says something else than the file is found out.
sed -i 's/data-value="40000.125"/data-value="40000.126"/' "$tmp/report.html"
expect 1 sh tests/report.sh "$tmp/bench.json" "$tmp/report.html"
has 'does not show .*40000.125'
sed -i 's/data-value="40000.126"/data-value="40000.125"/; s/data-value="310.5"/data-value="310.6"/' "$tmp/report.html"
expect 1 sh tests/report.sh "$tmp/bench.json" "$tmp/report.html"
has 'does not show .*310.5'
pass
