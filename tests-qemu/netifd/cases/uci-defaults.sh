# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# The proposal of an interface: only for a modem that is there and that nobody has configured.

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
is "protocol" mhi uci -q get network.wwan.proto
is "metric" 20 uci -q get network.wwan.metric
case " $(networks_of_wan) " in
*" wwan "*) ;;
*) fail "zone wan has '$(networks_of_wan)'" ;;
esac
cp /etc/config/network /tmp/once
run_script
is "second run" "$(cat /tmp/once)" cat /etc/config/network

# Somebody has an interface of the protocol already, under another name.
firewall
config <<'END'
config interface 'modem'
	option proto 'mhi'
END
cp /etc/config/network /tmp/before
run_script
is "status with one configured" 0 echo $status
is "network with one configured" "$(cat /tmp/before)" cat /etc/config/network

# Somebody has given the modem to ModemManager.
config <<END
config interface 'modem'
	option proto 'modemmanager'
	option device '$MHI_SYS/devices/pci0000:00/0000:01:00.0'
END
cp /etc/config/network /tmp/before
run_script
is "network with ModemManager" "$(cat /tmp/before)" cat /etc/config/network

# wwan is something else.
config <<'END'
config interface 'wwan'
	option proto 'dhcp'
	option device 'wlan0'
END
cp /etc/config/network /tmp/before
run_script
is "network with another wwan" "$(cat /tmp/before)" cat /etc/config/network
is "zone wan" "wan wan6" networks_of_wan
