# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 400
# modem: --model rm551e
# The ways that a modem takes to mission mode, and how long they may take: it is brought up without a crash, and without a reset of it,
# as soon as it is ready; one that takes longer than its family may, by one reset at most.

# boots NAME ENVIRONMENTS MILLISECONDS SECONDS [MOST-RESETS]: it stays that long in each environment, and is up within seconds.
boots() {
	local name=$1 before
	check "$name: ordered" modem boot $2 $3 || return
	check "$name: switched on anew" sh -c "echo 1 >/sys/bus/pci/devices/$(pci)/reset"
	before=$(uptime_seconds)
	check "$name: driver loads" driver_load || return
	check "$name: at once" in_time 4 $before
	check "$name: up" wait_for $4 ports_are_there
	check "$name: and known to be" wait_for 10 state_is up
	# One that the MHI core gives up is reset, and counts as one.
	check "$name: crashes" test ${5:-0} -ge "$(counter $base modem_crashes)"
	check "$name: resets" test ${5:-0} -ge "$(ethtool -S $base | awk '/modem_resets/ { n += $2 } END { print n + 0 }')"
	check_equal "$name: started once" 1 $(($(figure_of starts) - starts))
	starts=$(figure_of starts)
	check "$name: session" connect && check "$name: ping" ping_through $link $ipv4 && disconnect
	check "$name: driver goes" driver_unload
}

starts=$(figure_of starts)
# The family may take 50 seconds to be ready once it is in mission mode.
boots "ready after 45 seconds" amss 45000 55
check "the log says what is waited for" dmesg_has "waiting for the modem's firmware"
# The MHI core means to wait for 50, but sleeps for up to twice that.
boots "ready after 70 seconds" amss 70000 110 1
boots "pass through" pthru 6000 16
boots "boot loaders, one after the other" pbl,sbl 5000 20
boots "secondary boot loader" sbl 6000 16
