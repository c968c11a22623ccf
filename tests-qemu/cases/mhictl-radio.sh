# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 300
# Commands that look at the radio and set its bands: what they show is what the emulated network sends, and each failure has
# its line and its exit code.

# json NAME COMMAND PART...: the command's one line of JSON has each part.
json() {
	local name=$1 part
	/bin/sh -c "$2" >/tmp/json 2>/tmp/warnings || echo "status $? of $2" >>/tmp/json
	cat /tmp/json /tmp/warnings
	check_equal "$name: one line" 1 "$(wc -l </tmp/json)"
	shift 2
	for part; do
		check "$name: $part" grep -F -e "$part" /tmp/json
	done
}

# exits CODE TEXT COMMAND...: ends with the code, and one line on stderr has the text.
exits() {
	local expected=$1 text=$2 status=0
	shift 2
	timeout 60 "$@" >/dev/null 2>/tmp/exits.log || status=$?
	cat /tmp/exits.log
	[ $status = "$expected" ] && [ "$(grep -c -e "^mhictl: .*error: .*$text" /tmp/exits.log)" = 1 ]
}

check "no modem" exits 3 "no modem found" mhictl signal
check "no modem for cells" exits 3 "no modem found" mhictl cells
check "no modem for bands" exits 3 "no modem found" mhictl bands
check "no modem for info" exits 3 "no modem found" mhictl info
check "no modem as JSON" sh -c "mhictl bands --json | tee /dev/stderr | grep '^{\"error\":{\"code\":3,.*\"word\":\"no-device\"}}$'"
driver_up
check "the driver looks and sees it up" wait_for 10 grep -qx up "/sys/bus/pci/devices/$(pci)/modem_state"

json "signal of standalone 5G" "mhictl signal --json" '"device":"wwan0"' '"technology":"5G-SA"' \
	'"signal":[{"bars":5,"rsrp":-85,"rsrq":-10,"rssi":null,"snr":23.5,"technology":"5G"}]' \
	'"carriers":[{"band":78,"bandwidth_mhz":100,"channel":636666,"pci":701,"role":"primary","rsrp":-85,"rsrq":-10,"rssi":null,"snr":23.5,"state":"active","technology":"5G"}]'
json "cell of standalone 5G" "mhictl cells --json" '"neighbours":[]' \
	'"serving":[{"band":78,"cell_id":1234567,"channel":636666,"mcc":"001","mnc":"01","pci":701,"rsrp":-85.0,"rsrq":-10.0,"rssi":null,"snr":23.5,"tac":180,"technology":"5G"}]'
json "info" "mhictl info --json" "\"pci\":\"$(pci)\"" '"driver":"mhi_net"' '"driver_state":"up"' '"base":"rmnet_mhi0"' '"pcie":{"max_speed_gts":' \
	'"manufacturer":"Quectel"' '"model":"RM520N-GL"' '"hardware":"10000"' '"firmware":"RM520NGL' '"imei":"860000000000012"' \
	'"iccid":"8900101012345678901"' '"sim":"ready"' '"operating_mode":"online"' '"data_interface":"pcie"' '"data_mode":"qmi"'
check "info for people" sh -c "mhictl info | tee /dev/stderr | grep '^data  *qmi over pcie$'"

need "session" connect
modem qmi technology nsa
json "signal beside LTE" "mhictl signal --json" '"technology":"5G-NSA"' \
	'{"bars":4,"rsrp":-90,"rsrq":-11,"rssi":-61,"snr":18.2,"technology":"LTE"}' \
	'{"band":3,"bandwidth_mhz":20,"channel":1650,"pci":301,"role":"primary","rsrp":-90,"rsrq":-11,"rssi":-61,"snr":18.0,"state":"active","technology":"LTE"}' \
	'{"band":20,"bandwidth_mhz":10,"channel":6300,"pci":17,"role":"secondary","rsrp":-98,"rsrq":-15,"rssi":-70,"snr":2.0,"state":"active","technology":"LTE"}' \
	'{"band":78,"bandwidth_mhz":100,"channel":636666,"pci":701,"role":"secondary","rsrp":-85,"rsrq":-10,"rssi":null,"snr":23.5,"state":"active","technology":"5G"}'
json "cells beside LTE" "mhictl cells --json" \
	'"neighbours":[{"band":3,"cell_id":null,"channel":1650,"mcc":null,"mnc":null,"pci":302,"rsrp":-104.0,"rsrq":-15.0,"rssi":-70.0,"snr":null,"tac":null,"technology":"LTE"},{"band":null,"cell_id":null,"channel":6300,' \
	'"serving":[{"band":3,"cell_id":1234567,"channel":1650,"mcc":"001","mnc":"01","pci":301,"rsrp":-90.0,"rsrq":-11.0,"rssi":-61.0,"snr":18.2,"tac":180,"technology":"LTE"},{"band":78,"cell_id":null,"channel":636666,'

json "bands" "mhictl bands --json" '"mode":["AUTO"]' '"nr5g_sa":[1,2,3,5,7,' '"supported":{"lte":[1,2,3,4,5,7,8,' '"changed":[]'
json "bands set" "mhictl bands --mode nr5g:lte --lte 3,b20 --sa n78 --json" '"mode":["NR5G","LTE"]' '"lte":[3,20]' '"nr5g_sa":[78]' \
	'"changed":[{"after":["NR5G","LTE"],"before":["AUTO"],"what":"mode"},{"after":[3,20],"before":[1,2,3,' '{"after":[78],"before":[1,2,3,5,'
check "the modem has them" sh -c "mhictl at 'AT+QNWPREFCFG=\"lte_band\"' | tee /dev/stderr | grep -F '+QNWPREFCFG: \"lte_band\",3:20'"
check "the session goes on" ping_through $link 1.1.1.1
check "set again is no change" sh -c "mhictl bands --lte 20,3 --json | tee /dev/stderr | grep -F '\"changed\":[]'"
check "a band that the modem lacks" exits 2 "the modem has no LTE band 99" mhictl bands --lte 3,99
check "no list" exits 2 "is no list of bands" mhictl bands --sa many
check "no mode" exits 2 "is neither AUTO nor" mhictl bands --mode GSM
check "all of them" sh -c "mhictl bands --lte all --sa all --mode auto | tee /dev/stderr | grep '^LTE  *1 2 3 4 .*was 3 20'"
modem at refuse lte_band
check "a refused list" exits 12 "the modem answered +CME ERROR: 50" mhictl bands --mode LTE --lte 3
check "what was set before it is set back" sh -c "mhictl bands --json | tee /dev/stderr | grep -F '\"mode\":[\"AUTO\"]'"
modem at obey
modem at ignore lte_band
check "an OK that means nothing" exits 10 "the modem said OK to 3 but has 1 2 3" mhictl bands --lte 3
modem at obey

mhictl watch --count 3 --interval 1 --json >/tmp/watch
check_equal "three views" "0 3" "$? $(grep -c -F '"rates":' /tmp/watch)"
check "with rates" sh -c "tail -n 1 /tmp/watch | tee /dev/stderr | grep '\"rates\":\[{\"link\":\"rmnet_mhi0.1\",\"rx_bytes_per_s\":[0-9]*,\"tx_bytes_per_s\":[0-9]*}\]'"
mhictl watch --interval 1 >/tmp/watch &
watcher=$!
check "a view for people" wait_for 20 grep -q "^rate  *rmnet_mhi0.1 received" /tmp/watch
kill -INT $watcher
wait $watcher
check_equal "Ctrl-C is no failure" 0 $?

sleep 1000 3<>"$at" &
holder=$!
check "somebody else has the AT port" wait_for 5 test -e /proc/$holder/fd/3
check "bands need it" exits 4 "port busy" mhictl bands
json "signal does without" "mhictl signal --json" '"carriers":null' '"technology":"LTE"'
check "and warns" grep -F "mhictl: warning: AT+QCAINFO: port busy" /tmp/warnings
json "info does without" "mhictl info --json" '"data_interface":null' '"data_mode":"qmi"'
kill $holder && wait $holder
modem mute 33
check "silence" exits 9 "no answer from the AT port" mhictl bands --timeout 2
modem unmute 33

modem reset-delay 5000
mhictl watch --interval 1 --json >/tmp/watch &
watcher=$!
check "watched: up" wait_for 20 grep -q -F '"state":"up"' /tmp/watch
modem sys_err
check "watched: a crash" wait_for 30 sh -c "tail -n 1 /tmp/watch | grep -v -F '\"state\":\"up\"'"
check "watched: its end" wait_for 60 sh -c "tail -n 1 /tmp/watch | grep -F '\"state\":\"up\"'"
kill -INT $watcher
wait $watcher
check_equal "watched to the end" 0 $?
check "disconnect" disconnect
modem qmi registration searching
check "no network, no cells" exits 10 "the modem refused to tell its cells: information unavailable" mhictl cells
json "no network, no signal" "mhictl signal --json" '"technology":null' '"signal":[]' '"carriers":null'
