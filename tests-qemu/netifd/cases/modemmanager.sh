# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# ModemManager's scripts have told it of all ports: with an interface of ours on it a modem is told away again, others stay; when
# the last interface leaves the configuration it is ModemManager's again. Its scripts are its own where the root has them.

modem 0000:01:00.0 wwan0 rmnet_mhi0
cache=/var/run/modemmanager/events.cache
mkdir -p /var/run/modemmanager /usr/share/ModemManager /usr/bin
cat >/usr/bin/mmcli <<'END'
#!/bin/sh
echo "$*" >>/tmp/mmcli
END
chmod 755 /usr/bin/mmcli
: >/tmp/mmcli
[ -e /usr/share/ModemManager/modemmanager.common ] || cat >/usr/share/ModemManager/modemmanager.common <<'END'
mm_report_event() {
	case $1 in
	add) echo "$1,$2,$3,$4" >>/var/run/modemmanager/events.cache ;;
	remove) sed -i "/,$2,$3,/d" /var/run/modemmanager/events.cache ;;
	esac
	mmcli --report-kernel-event="action=$1,name=$2,subsystem=$3"
}
END
function=$MHI_SYS/devices/pci0000:00/0000:01:00.0
known() {
	echo "add,rmnet_mhi0,net,$function/net/rmnet_mhi0"
	echo "add,wwan0at0,wwan,$function/mhi0/wwan/wwan0/wwan0at0"
	echo "add,wwan0qmi0,wwan,$function/mhi0/wwan/wwan0/wwan0qmi0"
}
others="add,ttyUSB2,tty,/sys/devices/usb1/1-1/1-1:1.2/ttyUSB2/tty/ttyUSB2
add,wwan1qmi0,wwan,/sys/devices/pci0000:00/0000:02:00.0/mhi1/wwan/wwan1/wwan1qmi0"
{
	echo "$others"
	known
} >$cache
with() {
	config <<END
config interface 'modem'
	option proto 'mhi'
	option device '$1'
	option auto '1'
END
}
with 0000:01:00.0
values modem IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
plan modem up up up
start_netifd
state modem up
is "what ModemManager still knows" "$others" cat $cache
is "what it was told" "--modem=$function --simple-disconnect
--report-kernel-event=action=remove,name=wwan0at0,subsystem=wwan
--report-kernel-event=action=remove,name=wwan0qmi0,subsystem=wwan
--report-kernel-event=action=remove,name=rmnet_mhi0,subsystem=net" cat /tmp/mmcli

# After a crash its own script tells it of the ports again, and ours, which follows, away.
: >/tmp/mmcli
echo "add,wwan0qmi0,wwan,$function/mhi0/wwan/wwan0/wwan0qmi0" >>$cache
hotplug wwan ACTION=add SUBSYSTEM=wwan DEVNAME=wwan0qmi0 DEVPATH=/devices/pci0000:00/0000:01:00.0/mhi0/wwan/wwan0/wwan0qmi0
is "what it knows after a crash" "$others" cat $cache

# ifdown leaves the modem ours.
: >/tmp/mmcli
interface_down modem
state modem down
interface_up modem
state modem up
is "what it was told at ifdown and ifup" "" cat /tmp/mmcli

# Without an interface of ours it has the modem again.
config </dev/null
reload
eventually 30 stopped modem || fail "mhictl still runs"
given_back() {
	[ "$(wc -l <$cache)" = 5 ]
}
eventually 30 given_back
sort $cache >/tmp/sorted
is "what it knows in the end" "$(
	{
		known
		echo "$others"
	} | sort
)" cat /tmp/sorted

# A path in sysfs, as its own interfaces have: its monitor makes the interface unavailable when it loses the modem.
with "$function"
plan modem up
reload
eventually 30 running modem || fail "no start"
(
	. /lib/functions.sh
	. /lib/netifd/netifd-proto.sh
	proto_set_available modem 0
)
state modem down
state modem up
