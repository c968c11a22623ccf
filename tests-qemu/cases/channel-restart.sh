# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# The watchdog's restart of the data channels, when the modem does not obey at once, when it crashes meanwhile, and when it refuses.

# A modem that obeys again finds commands of before: to start channels whose rings the host has given up since.
expected_faults=bad_transfer_ring

alive() {
	ping -q -c 1 -W 1 -I $link 1.1.1.1
}

# stop_channel: one completion lost, so that the MHI core drops all later ones; then the modem obeys no command.
stop_channel() {
	modem lose-completion 1 101
	ping -q -f -c 20 -W 1 -I $link 1.1.1.1 >/dev/null
	modem stall
}

restarting() {
	ping -q -c 1 -W 1 -I $link 1.1.1.1 >/dev/null
	[ "$(cat /sys/class/net/$base/carrier)" = 0 ]
}

# Without a packet nobody finds out.
given_up() {
	ping -q -c 1 -W 1 -I $link 1.1.1.1 >/dev/null
	dmesg | grep -q 'the modem does not start its data channels'
}

restart_failed() {
	dmesg | grep -q 'probe with driver rmnet_mhi_data failed'
}

reset_beyond() {
	[ "$(counter $base modem_resets_interface)" -gt $1 ]
}

driver_up
need "session" connect
need "traffic" wait_for 5 alive
index=$(cat /sys/class/net/$link/ifindex)

stop_channel
check "restart while the modem obeys nothing" wait_for 30 restarting
modem resume
check "traffic once it obeys" wait_for 30 alive

stop_channel
check "restart without the modem" wait_for 30 restarting
check "it fails" wait_for 90 restart_failed
modem resume
check "crash while no driver has the channels" modem sys_err
check "traffic after the crash" wait_for 30 alive
check_equal "the link is the same" "$index" "$(cat /sys/class/net/$link/ifindex)"
check_equal "restarts are counted" 2 \
	$(($(counter $base rx_channel_restarts) + $(counter $base tx_channel_restarts)))

# It takes no start of them, and needs more than that.
stop_channel
check "the modem refuses to start them" modem refuse-start 101
modem resume
resets=$(counter $base modem_resets_interface)
check "the driver gives up on them" wait_for 60 given_up
check "after two tries in a row" test "$(modem stats refuse-start)" -ge 2
check "and resets the modem" wait_for 20 reset_beyond $resets
modem faults off
check "traffic after the reset" wait_for 60 alive
check_equal "on the same link" "$index" "$(cat /sys/class/net/$link/ifindex)"

stop_channel
check "restart once more" wait_for 30 restarting
modem resume
check "unload meanwhile" driver_unload
