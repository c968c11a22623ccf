# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# mhictl status and mhictl at, with and without a running session, and what they say when the modem does not play along.

check_equal "no modem, no devices" '[]' "$(mhictl devices --json)"
mhictl status --json >/tmp/status.json
check_equal "no modem" 3 $?
check "as an object" grep '^{"error":{"code":3,.*"word":"no-device"}}$' /tmp/status.json
driver_up

# shows NAME COMMAND PATTERN: the command's output has a line with the pattern.
shows() {
	check "$1" sh -c "$2 | tee /dev/stderr | grep -q -e '$3'"
}

shows "devices" "mhictl devices" "^wwan0 $(pci) driver mhi_net netdev rmnet_mhi0 ports wwan0at0 wwan0qmi0"
shows "devices as JSON" "mhictl devices --json" '^\[{"device":"wwan0",.*"ports":\[{"name":"wwan0at0","type":"AT","node":"/dev/wwan0at0"}'
shows "status without a session" "mhictl status" "operator *Test"
shows "it says that there is none" "mhictl status" "no mhictl connect runs"
need "session" connect
shows "status of the session" "mhictl status" "session *rmnet_mhi0.1 up qmapv5"
shows "technology" "mhictl status" "technology *5G-SA"
shows "signal" "mhictl status" "RSRP -[0-9]* dBm, RSRQ -[0-9]* dB, SNR"
shows "link" "mhictl status" "link *rmnet_mhi0.1 mux 129 (0x81) up"
shows "address" "mhictl status" "address *10\.64\.129\.2/"
ping -c 3 -i 0.2 -I $link 1.1.1.1
shows "counters" "mhictl status" "received *[1-9][0-9]* octets, [1-9][0-9]* packets"
mhictl status --json >/tmp/status.json
cat /tmp/status.json
check_equal "JSON is one line" 1 "$(wc -l </tmp/status.json)"
for part in '"device":"wwan0"' "\"pci\":\"$(pci)\"" '"driver":"mhi_net"' '"base":"rmnet_mhi0"' '"firmware":"RM520NGL[A-Z0-9]*"' \
	'"model":"RM520N-GL"' '"imei":"860000000000012"' '"sim":{"pin_tries":3,"state":"ready"}' \
	'"registration":{"mcc":"001","mnc":"01","operator":"Test Network","reject_cause":null,"roaming":false,"state":"home","technology":"5G-SA"}' \
	'"signal":\[{"bars":5,"rsrp":-85,"rsrq":-10,"rssi":null,"snr":23.5,"technology":"5G"}\]' \
	'"bands":\[{"band":78,"bandwidth_mhz":100,"channel":636666,"technology":"5G"}\]' \
	'"sessions":\[{"apn":"internet","ip4":{"address":"10\.64\.129\.2","dns":\["1\.1\.1\.1","8\.8\.8\.8"\],"gateway":"10\.64\.129\.3","network":"10\.64\.129\.0/28","prefix":28},"ip6":null,"last_error":null,"link":"rmnet_mhi0\.1","mtu":1500,"mux":129,' \
	'"qmap":"qmapv5","reconnects":0,"rx_bytes":[1-9][0-9]*,"rx_packets":[1-9][0-9]*,"state":"up","tx_bytes":[1-9]'; do
	check "JSON: $part" grep -e "$part" /tmp/status.json
done
modem qmi technology nsa
shows "band" "mhictl status" "band *LTE 3, channel 1650, 20 MHz"
shows "technology changes" "mhictl status" "technology *5G-NSA"
modem qmi registration roaming
shows "roaming" "mhictl status" "registration *roaming"

# The port is a stream that several openers would share: many askers at once must not disturb the session.
askers=
for _ in 1 2 3 4 5 6 7 8; do
	mhictl status >/dev/null 2>&1 &
	askers="$askers $!"
done
for asker in $askers; do
	wait "$asker"
done
check "ping after many askers" ping_through $link 1.1.1.1
shows "status after many askers" "mhictl status" "session *rmnet_mhi0.1 up"

shows "AT beside a session" "mhictl at AT" "^OK"
shows "AT setting" "mhictl at 'AT+QNWPREFCFG=\"mode_pref\",NR5G:LTE'" "^OK"
shows "AT setting is kept" "mhictl at 'AT+QNWPREFCFG=\"mode_pref\"'" "NR5G:LTE"
mhictl at AT+NOSUCHCOMMAND
check_equal "AT error" 12 $?
mhictl at CSQ
check_equal "AT usage" 2 $?
sleep 1000 3<>"$at" &
holder=$!
check "somebody else has the AT port" wait_for 5 test -e /proc/$holder/fd/3
mhictl at AT
check_equal "AT port busy" 4 $?
kill $holder && wait $holder
modem mute 33
mhictl at AT --timeout 2
check_equal "AT silence" 9 $?
modem unmute 33
check "disconnect" disconnect
