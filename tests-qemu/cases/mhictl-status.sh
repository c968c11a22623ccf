# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# mhictl status and mhictl at, with and without a running session, and what they say when the modem does not play along.

driver_up

# shows NAME COMMAND PATTERN: the command's output has a line with the pattern.
shows() {
	check "$1" sh -c "$2 | tee /dev/stderr | grep -q -e '$3'"
}

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
shows "JSON" "mhictl status --json" '"operator":"Test Network".*"registration":"home"\|"registration":"home".*"operator":"Test Network"'
modem qmi technology nsa
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
