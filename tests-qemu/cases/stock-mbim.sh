# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# modem: --model rm520n-eac --mbim
# timeout: 150
#
#     mbimcli -- wwan0mbim0 -- mhi_wwan_ctrl -- 12/13
#     wwan0, lan7 -- mhi_wwan_mbim -- NTB16, sessions 0 and 7 -- 100/101
#
# A modem in MBIM mode with the kernel's own drivers and libmbim's mbimcli, all of them as Debian has them.

mbim_modules mhi_pci_generic
need "mhi_pci_generic binds" wait_for 10 bound_to mhi-pci-generic
need "port and interface appear" wait_for 20 mbim_is_there
check "no QMI port beside it is claimed" test ! -e /dev/wwan0qmi0

need "the port opens" mbim_open
check "capabilities" mbim_said "Device ID: '860000000000012'" "Firmware info: 'RM520NGLAAR03A03M4G'" "5g-sa" "Max sessions: '64'"
check "services" mbim --query-device-services
check "Basic Connect is listed" mbim_said "basic-connect" "device-caps" "ip-configuration"
check "subscriber" mbim --query-subscriber-ready-status
check "SIM is ready" mbim_said "Ready state: 'initialized'" "Subscriber ID: '001010123456789'" "SIM ICCID: '8900101012345678901'"
check "radio" mbim --query-radio-state
check "radio is on" mbim_said "Hardware radio state: 'on'" "Software radio state: 'on'"
check "PIN" mbim --query-pin-state
check "no PIN is wanted" mbim_said "PIN state: 'unlocked'"
check "home provider" mbim --query-home-provider
check "its name" mbim_said "Provider ID: '00101'" "Provider name: 'Test Network'"
check "register state" mbim --query-registration-state
check "registered at home" mbim_said "Register state: 'home'" "Provider name: 'Test Network'"
check "signal" mbim --query-signal-state
check "its strength" mbim_said "RSSI [0-31,99]: '24'"
check "attach" mbim --attach-packet-service
check "attached" mbim_said "Packet service state: 'attached'" "5g-sa"
check "provisioned contexts" mbim --query-provisioned-contexts
check "unknown command is refused with MBIM's own status" refused mbim --query-visible-providers
check "the status" mbim_said "NoDeviceSupport"

check "refused APN" refused mbim --connect=apn=unknown.test,session-id=0
check "the reason" mbim_said "InvalidAccessString"

need "connect" mbim --connect=apn=internet,ip-type=ipv4v6,session-id=0
check "activated" mbim_said "Activation state: 'activated'" "IP type: 'ipv4v6'"
check "state of the connection" mbim --query-connection-state=0
check "still activated" mbim_said "Activation state: 'activated'"
need "addresses" mbim_configure 0 wwan0
check "as the modem has them" mbim_said "IP [0]: '10.64.0.2/28'" "Gateway: '10.64.0.3'" "DNS [0]: '1.1.1.1'" "IP [0]: '2001:db8::2/64'" "MTU: '1500'"
ip -6 addr add 2001:db8::2/64 dev wwan0 nodad
ip route replace default dev wwan0
ip -6 route replace default dev wwan0

check "ping IPv4" ping_through wwan0 1.1.1.1 20
check "ping IPv6" ping_through wwan0 2606:4700:4700::1111 10
check "large ping" ping -c 3 -W 5 -s 1400 -I wwan0 1.1.1.1
link=wwan0
modem data stats reset >/dev/null
check "TCP download, content compared" transfer tcp-get $ipv4 1 8000000
check "TCP upload, content compared" transfer tcp-put $ipv4 2 4000000
check "TCP download over IPv6" transfer tcp-get $ipv6 3 2000000
check "UDP both ways" transfer udp-echo $ipv4 4 200 1400 500
check_equal "the modem found nothing wrong with what came" 0 $(($(wrong) + $(figure ul_out_of_sequence)))
check "its transfers held several packets" test "$(figure dl_max_packets_in_transfer)" -gt 4

check "a link of another session" ip link add lan7 parentdev wwan0 type wwan linkid 7
check "connect that one" mbim --connect=apn=ims,ip-type=ipv4,session-id=7
check "its address" mbim_configure 7 lan7
ip route replace 1.1.1.7 dev lan7
check "ping through it" ping_through lan7 1.1.1.7 10
check "and through the first" ping_through wwan0 1.1.1.1 10
check "aggregates of both" sh -c "ping -q -c 50 -i 0.02 -W 5 -I lan7 1.1.1.7 >/tmp/seven & ping -q -c 50 -i 0.02 -W 5 -I wwan0 1.1.1.1 &&
	wait && grep ' 0% packet loss' /tmp/seven"
check "disconnect it" mbim --disconnect=7
check "no packets come through it" refused ping -c 2 -W 1 -I lan7 1.1.1.7
check "the first is untouched" ping_through wwan0 1.1.1.1

check "the network releases the first" modem mbim network-release 0
check "that shows" mbim --query-connection-state=0
check "as deactivated" mbim_said "Activation state: 'deactivated'"
check "close" mbimcli --device=$mbim_port --no-open=$transaction --query-device-caps
check "errors of the host's were none" sh -c "modem mbim stats | grep 'errors=0 malformed=0 dropped=0'"
