# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 1200
# Crashes in a row, under load, each signalled another way: the data path is back after each, on the same interfaces, the driver says
# little, and no memory is lost. 200 on arm64, where they are quicker, and 30 on amd64, or CYCLES.

# back: a packet goes through; the session is the network's, so that nobody has to set it up anew.
back() {
	wait_for 20 sh -c "[ \$(cat /sys/class/net/$base/carrier) = 1 ]" || return
	modem data session up 130 >/dev/null
	wait_for 20 ping -c 1 -W 1 -I $base.2 $ipv4 >/dev/null
}

case $(uname -m) in
aarch64) cycles=${CYCLES:-200} ;;
*) cycles=${CYCLES:-30} ;;
esac
driver_up
need "format" modem data format v1 32 32768 11 8192
need "base is up" ip link set $base up
need "link" extra_link 2
link=$base.2
need "route" ip route replace default dev $link
need "ping" back
indexes=$(interface_indexes)
ping -i 0.01 -s 1200 -q $ipv4 -I $link >/dev/null 2>&1 &
load=$!
crashed_beyond() {
	[ "$(counter $base modem_crashes)" -gt "$1" ] && state_is up && [ "$(cat /sys/class/net/$base/carrier)" = 1 ]
}

cycle=0 pages=0
while [ $cycle -lt $cycles ]; do
	[ $cycle != 10 ] || pages=$(free_pages) # by then all that stays has been made
	before=$(counter $base modem_crashes) received=$(statistic $link rx_packets)
	wait_for 10 received_since $received 10 || break
	case $((cycle % 3)) in
	0) modem sys_err interrupt ;;
	1) modem sys_err event ;;
	2) modem rddm ;;
	esac
	if ! { wait_for 30 crashed_beyond "$before" && modem data format v1 32 32768 11 8192 && back; }; then
		break
	fi
	cycle=$((cycle + 1))
done
check_equal "cycles" $cycles $cycle
check_equal "on the same interfaces" "$indexes" "$(interface_indexes)"
check "crashes were counted" test "$(counter $base modem_crashes)" -ge $cycles
check "the load ran all the time" kill $load
pages=$((pages - $(free_pages)))
check "no pages are lost ($pages)" test $pages -lt $((cycles + 512))
lines=$(dmesg | grep -c ' mhi_net ')
check "the driver says little ($lines lines)" test $lines -le $((4 * cycles))
check "transfer" transfer tcp-get $ipv4 1 1000000
check "the driver goes" driver_unload
