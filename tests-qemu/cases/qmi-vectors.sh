# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 900
# What libqmi sends and how it reads what comes back, for each message that rust/qmi knows and qmicli can send. The log has it in the
# form of rust/qmi/tests/vectors.txt, between two lines of dashes; rust/qmi/tests/capture makes that file of it.

stock_up

# Raw octets and libqmi's translation of each TLV, from qmicli's own log.
messages() {
	sed -n \
		-e 's/^<<<<<<   data   = \(.*\)$/vector > \1/p' -e 's/^>>>>>>   data   = \(.*\)$/vector < \1/p' \
		-e 's/^[<>]*   message     = "\(.*\)" (0x.*)$/vector = \1/p' \
		-e 's/^[<>]*   type       = "\(.*\)" (0x\(..\))$/vector . 0x\2 \1/p' \
		-e 's/^[<>]*   translated = \(.*\)$/vector : \1/p'
}

# captured ARGUMENTS...: qmicli runs, through the proxy, and its messages are on the console.
captured() {
	local status=0
	echo "vector # qmicli $*"
	timeout 30 qmicli --device=$qmi --device-open-proxy --verbose-full "$@" >/tmp/qmicli.log 2>/tmp/qmicli.err || status=$?
	messages </tmp/qmicli.log
	[ $status = "${expected_status:-0}" ] && grep -q '^<<<<<< RAW' /tmp/qmicli.log
}

capture() {
	local status=0
	captured "$@" || status=$?
	if [ $status = 0 ]; then
		pass "captured: $*"
	else
		fail "captured: $*: $(tail -n 1 /tmp/qmicli.err)"
	fi
}

new_client() {
	qmi --wds-noop --client-no-release-cid | field CID
}

echo "---- vectors begin"
capture --device-open-sync --device-open-version-info --dms-noop
for what in manufacturer model revision ids hardware-revision capabilities operating-mode band-capabilities; do
	capture --dms-get-$what
done
expected_status=1
capture --dms-get-msisdn
expected_status=0
capture --dms-set-operating-mode=online
capture --dms-set-fcc-authentication
capture --dms-uim-get-pin-status
capture --dms-uim-get-iccid
capture --dms-uim-get-imsi
modem qmi sim locked
expected_status=1
capture --dms-uim-verify-pin=PIN,9999
expected_status=0
capture --dms-uim-verify-pin=PIN,1234
modem qmi sim locked
capture --uim-verify-pin=PIN1,1234
modem qmi sim ready
capture --uim-get-card-status
capture --uim-read-transparent=0x3F00,0x2FE2
for technology in sa nsa; do
	modem qmi technology $technology
	for what in serving-system system-info signal-info rf-band-info cell-location-info; do
		capture --nas-get-$what
	done
done
capture --nas-get-signal-strength
modem qmi technology sa
capture --nas-get-home-network
capture --nas-get-system-selection-preference
capture --nas-set-system-selection-preference=lte\|5gnr
capture --nas-get-technology-preference
capture --nas-get-preferred-networks
capture --dsd-get-system-status
capture --wda-set-data-format=link-layer-protocol=raw-ip,ul-protocol=qmapv5,dl-protocol=qmapv5,dl-datagram-max-size=31744,dl-max-datagrams=32,ul-datagram-max-size=8192,ul-max-datagrams=11,ep-type=pcie,ep-iface-number=4
capture --wda-get-data-format=ep-type=pcie,ep-iface-number=4
capture --wds-reset
capture --wds-get-autoconnect-settings
capture --wds-set-autoconnect-settings=disabled
capture --wds-get-profile-list=3gpp
capture --wds-create-profile=3gpp,name=third,apn=test.apn,username=me,password=secret,auth=both,pdp-type=IPV4V6
capture --wds-modify-profile=3gpp,3,apn=other.apn,password=secret
capture --wds-delete-profile=3gpp,3
capture --wds-get-default-profile-number=3gpp
capture --wds-get-lte-attach-parameters
capture --wds-get-lte-attach-pdn-list
# Without an opener the channel stops, and the modem forgets its clients.
command exec 9<$qmi
for family in 4 6; do
	client=$(new_client)
	keep="--client-cid=$client --client-no-release-cid"
	capture $keep --wds-bind-mux-data-port=mux-id=129,ep-type=pcie,ep-iface-number=4
	capture $keep --wds-set-ip-family=$family
	capture $keep --wds-start-network=apn=internet,auth=BOTH,username=me,password=secret,ip-type=$family
	handle=$(sed -n "s/.*Packet data handle: '\([0-9]*\)'.*/\1/p" /tmp/qmicli.log)
	capture $keep --wds-get-current-settings
	capture $keep --wds-get-packet-service-status
	capture $keep --wds-get-packet-statistics
	capture $keep --wds-get-channel-rates
	capture $keep --wds-stop-network="$handle"
done
echo "---- vectors end"
