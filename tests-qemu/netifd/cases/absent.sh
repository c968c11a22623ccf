# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# No modem at boot: the interface waits, and goes online when hotplug reports the modem.

mkdir -p "$MHI_SYS/class/wwan" "$MHI_SYS/class/net"
config <<'END'
config interface 'modem'
	option proto 'mhi'
config interface 'named'
	option proto 'mhi'
	option device '0000:02:00.0'
config interface 'other'
	option proto 'static'
config interface 'off'
	option proto 'mhi'
	option disabled '1'
END
values modem IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
plan modem up "up;exit 3"
start_netifd
expect modem <<END
$(told_error modem NO_DEVICE "no modem")
$(available modem false)
$(killed modem)
END
expect named <<END
$(told_error named NO_DEVICE "no modem at 0000:02:00.0")
$(available named false)
$(killed named)
END
state modem down
error modem NO_DEVICE

# Ports of other makers' modems, and of the kernel's driver, are not ours.
modem 0000:03:00.0 wwan1 wwan1 17cb:0308:1c5d:2015
bind 0000:03:00.0 mhi-pci-generic
hotplug wwan ACTION=add SUBSYSTEM=wwan DEVNAME=wwan1qmi0 DEVPATH=/devices/pci0000:00/0000:03:00.0/mhi0/wwan/wwan1/wwan1qmi0
expect modem </dev/null

modem 0000:01:00.0 wwan0 rmnet_mhi0
hotplug wwan ACTION=remove SUBSYSTEM=wwan DEVNAME=wwan0qmi0 DEVPATH=/devices/pci0000:00/0000:01:00.0/mhi0/wwan/wwan0/wwan0qmi0
expect modem </dev/null
hotplug wwan ACTION=add SUBSYSTEM=wwan DEVNAME=wwan0qmi0 DEVPATH=/devices/pci0000:00/0000:01:00.0/mhi0/wwan/wwan0/wwan0qmi0
expect modem <<END
$(available modem true)
$(connects modem 0000:01:00.0 129 4+6 allowed)
$(has modem rmnet_mhi0_1 0000:01:00.0 129 '"ipaddr": [ { "ipaddr": "10.1.1.1", "mask": "32" } ], "routes": [ { "target": "0.0.0.0", "netmask": "0" } ]')
END
state modem up
error modem ''
expect named </dev/null
for interface in other off; do
	[ ! -e /tmp/calls.$interface ] || fail "$interface is not ours and was told something"
done

# After a crash its port comes again: that changes nothing for an interface that is there.
before=$(cat /tmp/mhictl.modem.pid)
no_ports wwan0
tell modem down
state modem pending
modem 0000:01:00.0 wwan0 rmnet_mhi0
hotplug wwan ACTION=add SUBSYSTEM=wwan DEVNAME=wwan0qmi0 DEVPATH=/devices/pci0000:00/0000:01:00.0/mhi0/wwan/wwan0/wwan0qmi0
tell modem up
state modem up
is "process" "$before" cat /tmp/mhictl.modem.pid

# It is pulled while mhictl begins: again the interface waits for hotplug.
no_ports wwan0
tell modem exit 3
unavailable() {
	[ "$(tail -n 1 /tmp/calls.modem)" = "$(available modem false)" ]
}
eventually 30 unavailable || fail "it is not unavailable"
error modem NO_DEVICE
state modem down
