# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 120
# The kernel's log over the network (netconsole): it sends Ethernet frames, which the modem cannot, and with interrupts disabled, with
# which the MHI core hangs. So it is refused the modem's interfaces, says so, and the session goes on.

# log_by INTERFACE: netconsole may load all the same, without that target.
log_by() {
	modprobe netconsole "netconsole=6665@10.64.129.2/$1,6666@1.1.1.1/02:00:00:00:00:01"
	echo "what netconsole would send" >/dev/kmsg
	dmesg_has "netconsole: $1 doesn't support polling"
}

driver_up
need "session" connect
for interface in $base $link; do
	check "it is refused $interface" log_by $interface
	rmmod netconsole
done
check "ping after it" ping_through $link $ipv4
check_equal "nothing was malformed" 0 "$(counter $base tx_malformed)"
check "disconnect" disconnect
check "the driver goes" driver_unload
