# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: modemmanager
# memory: 768M
# timeout: 600
# append: modprobe.blacklist=mhi_pci_generic
# ModemManager as Debian has it finds the modem, its SIM, network, signal, messages and place, and connects it in raw-IP mode.

# arrived TEXT: ModemManager has a message that says so.
arrived() {
	local message
	for message in $(mm --output-keyvalue --messaging-list-sms | sed -n 's/^modem.messaging.sms.value.*: //p'); do
		[ "$(mm_value sms.content.text --sms="$message")" != "$1" ] || return 0
	done
	return 1
}

send_message() {
	local message
	message=$(mm --messaging-create-sms="number='$1',text='$2'" | sed -n 's/.*SMS\///p')
	[ -n "$message" ] && timeout 60 mmcli --sms="$message" --send
}

place_is_known() {
	mm --location-get | grep -F 'GPGGA,093000.00,5231.2000,N,01324.3000,E'
}

# As a real one: its ports come long after its interface, which ModemManager has given up by then.
modem reset-delay 10000
manager_up
modem reset-delay 0
mm
check_equal "its ports" "$base (net) wwan0at0 (at) wwan0qcdm0 (ignored) wwan0qmi0 (qmi)" "$(mm_values modem.generic.ports)"
check_equal "its driver" mhi_net "$(mm_values modem.generic.drivers)"
check_equal "its model" RM520N-GL "$(mm_value modem.generic.model)"
check_equal "its SIM" 001010123456789 "$(mm_value sim.properties.imsi --sim="$(mm_value modem.generic.sim)")"
check "it is enabled" mm --enable
check "it is registered" wait_for 30 mm_state_is registered
check_equal "where" "home Test Network 5gnr" \
	"$(mm_value modem.3gpp.registration-state) $(mm_value modem.3gpp.operator-name) $(mm_values modem.generic.access-technologies)"
check "signal is asked for" mm --signal-setup=5
check "signal" wait_for 10 sh -c "mmcli --modem=any --signal-get | grep 'rsrp: -85.00 dBm'"
modem at sms +49151 Hello to all
check "a message arrives" wait_for 20 arrived "Hello to all"
check "a message is sent" send_message +4930 Moin
check_equal "to whom it should" "+4930=Moin" "$(modem at sent)"
check "its place is asked for" mm --location-enable-gps-nmea
check "its place" wait_for 20 place_is_known
check "that is enough" mm --location-disable-gps-nmea

check "connect" mm --simple-connect=apn=internet,ip-type=ipv4
bearer=$(newest_bearer)
mmcli --bearer="$bearer"
check_equal "on the bare interface" "$base no" \
	"$(mm_value bearer.status.interface --bearer="$bearer") $(mm_value bearer.status.multiplexed --bearer="$bearer")"
check "its address is set" bearer_up "$bearer"
check "ping" ping_through $link 1.1.1.1
check "disconnect" mm --simple-disconnect
check_equal "no call is left" 0 "$(calls)"
check_equal "it is registered as before" registered "$(mm_value modem.generic.state)"
manager_log
