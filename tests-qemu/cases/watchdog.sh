# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# What the driver says of a modem that takes no packets any more, and of one whose data format is another: clearly, and not again and
# again. The traffic comes back by itself.

said() {
	dmesg | grep -c "$1"
}

counter_grew() {
	[ "$(counter $base "$1")" -gt "$2" ]
}

alive() {
	ping -q -c 1 -W 1 -I $link $ipv4
}

driver_up
need "session" connect --qmap v1
need "traffic" wait_for 5 alive

check "the modem ignores uplink doorbells" modem mute 100
ping -q -i 0.01 -s 1000 -I $link $ipv4 >/dev/null 2>&1 &
load=$!
check "the driver says so" wait_for 20 dmesg_has 'has taken no packet for 5 s: restarting its data channels'
check "with the rings' state" dmesg_has \
	'uplink: [1-9][0-9]* transfers with the modem, [1-9][0-9]* bytes queued, [0-9]* buffers and [0-9]* descriptors free, none back for [1-9][0-9]* s; downlink: [0-9]* descriptors free; modem up'
check "and again, later" wait_for 40 dmesg_has 'has taken no packet for 10 s'
check "the modem listens" modem unmute 100
check "traffic once it does" wait_for 60 alive
kill $load
check "transfer" transfer tcp-echo $ipv4 1 1000000

mismatch='the modem.s data format is another than the one set here'
check_equal "no word of the format so far" 0 "$(said "$mismatch")"
check "the modem's format becomes another" modem data format v4
check "it sends" modem data blast 129 200 2000 300 1
check "the driver says so, too" wait_for 10 dmesg_has "$mismatch"
received=$(counter $base rx_transfers)
check "it sends more" modem data blast 129 200 2000 300 2
check "for seconds" wait_for 20 counter_grew rx_transfers $((received + 1000))
check_equal "once" 1 "$(said "$mismatch")"
check "the driver goes" driver_unload
