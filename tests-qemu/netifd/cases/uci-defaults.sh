# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# The proposal of an interface: only for a modem that is there, alone, and that nobody has configured; once.

firewall() {
	cat >/etc/config/firewall <<-'END'
		config defaults
			option input 'REJECT'
		config zone
			option name 'lan'
			list network 'lan'
		config zone
			option name 'wan'
			list network 'wan'
			list network 'wan6'
		config rule
			option name 'wan'
	END
}
cat >/etc/init.d/firewall <<'END'
#!/bin/sh
echo "$1" >>/tmp/firewall.calls
END
chmod 755 /etc/init.d/firewall
run_script() {
	status=0
	(
		. /lib/functions.sh
		. /etc/uci-defaults/90-rmnet-mhi
	) || status=$?
}
networks_of_wan() {
	# shellcheck disable=SC2046,SC2005 # one line
	echo $(uci -q get 'firewall.@zone[1].network')
}
# unchanged WHAT: with this configuration it proposes nothing, and does not come back.
unchanged() {
	cp /etc/config/network /tmp/before
	rm -f /etc/rmnet-mhi.asked
	run_script
	is "status with $1" 0 echo $status
	is "network with $1" "$(cat /tmp/before)" cat /etc/config/network
	is "zone wan with $1" "wan wan6" networks_of_wan
}

# No modem: nothing, and the script stays for the next boot.
mkdir -p "$MHI_SYS/bus/pci/devices"
pci_function 0000:03:00.0 17cb:0308:1c5d:2015
firewall
config </dev/null
run_script
is "status without a modem" 1 echo $status
is "network without a modem" "" cat /etc/config/network

# A modem, also one that the kernel's driver has yet.
pci_function 0000:01:00.0 17cb:0308:17cb:5201
run_script
is "status" 0 echo $status
is "protocol" mhi uci -q get network.modem.proto
is "roaming" 0 uci -q get network.modem.allow_roaming
is "metric" 20 uci -q get network.modem.metric
case " $(networks_of_wan) " in
*" modem "*) ;;
*) fail "zone wan has '$(networks_of_wan)'" ;;
esac
is "a firewall that has not started" "" cat /tmp/firewall.calls
cp /etc/config/network /tmp/once
run_script
is "second run" "$(cat /tmp/once)" cat /etc/config/network

# Somebody has deleted it, and installs the package again, or upgrades the system.
config </dev/null
run_script
is "status when installed again" 0 echo $status
is "network when installed again" "" cat /etc/config/network
grep -qx /etc/rmnet-mhi.asked /lib/upgrade/keep.d/rmnet-mhi || fail "an upgrade of the system forgets"

# On a router that runs.
: >/var/run/fw4.state
rm /etc/rmnet-mhi.asked
firewall
run_script
is "protocol on a router that runs" mhi uci -q get network.modem.proto
is "its firewall" reload cat /tmp/firewall.calls

# Somebody has an interface of the protocol already, under another name.
firewall
config <<'END'
config interface 'wwan'
	option proto 'mhi'
END
unchanged "one configured"

# Somebody has given the modem to ModemManager.
config <<END
config interface 'mobile'
	option proto 'modemmanager'
	option device '$MHI_SYS/devices/pci0000:00/0000:01:00.0'
END
unchanged "ModemManager"

# Or to another protocol, by a port or its network interface.
modem 0000:01:00.0 wwan0 rmnet_mhi0
for device in /dev/wwan0qmi0 /dev/wwan0at0 wwan0 rmnet_mhi0 rmnet_mhi0.1; do
	config <<-END
		config interface 'mobile'
			option proto 'qmi'
			option device '$device'
	END
	unchanged "$device"
done

# `modem` is something else.
config <<'END'
config interface 'modem'
	option proto 'dhcp'
	option device 'eth1'
END
unchanged "another modem"

# Two modems.
pci_function 0000:02:00.0 17cb:0308:17cb:5201
config </dev/null
unchanged "two modems"

# Others' devices are no reason against it: of a USB modem, of Wi-Fi.
rm -r "$MHI_SYS/bus/pci/devices/0000:02:00.0" /etc/rmnet-mhi.asked
config <<'END'
config interface 'usb'
	option proto 'qmi'
	option device '/dev/cdc-wdm0'
config interface 'wwan'
	option proto 'dhcp'
	option device 'phy0-sta0'
config interface 'lan'
	option proto 'static'
END
run_script
is "protocol beside others" mhi uci -q get network.modem.proto
