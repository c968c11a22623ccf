# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 300
# AT commands with unasked lines after them, restarts beside a session, emergency download.

mhi=/sys/bus/mhi/devices/mhi0

up_with_session

mhictl at AT+CREG=1 AT+CSQ --listen --json >/tmp/listen 2>&1 &
listener=$!
check "both commands are answered" wait_for 10 grep -q -F '{"command":"AT+CSQ","lines":["+CSQ: 99,99"],"result":"OK"}' /tmp/listen
modem qmi registration roaming
check "what the modem says unasked" wait_for 10 grep -q -F '{"command":null,"lines":["+CREG: 5"],"result":null}' /tmp/listen
kill -INT $listener
wait $listener
check_equal "Ctrl-C is no failure" 0 $?
mhictl at --listen --timeout 1 >/tmp/listen
check_equal "listening ends in time" 0 $?
mhictl at AT+NONSENSE AT+CSQ >/tmp/at 2>&1
check_equal "the first that fails is the last" "12 0" "$? $(grep -c -F '+CSQ' /tmp/at)"
mhictl at
check_equal "nothing to send, nothing to hear" 2 $?

mhictl reset --json >/tmp/reset
check_equal "reset" 0 $?
check "by QMI" grep "^{\"by\":\"qmi\",\"device\":\"wwan0\",\"pci\":\"$(pci)\",\"seconds\":[0-9]*}$" /tmp/reset
check_equal "the modem was restarted" 1 "$(counter $base modem_crashes)"
check "the session comes back" wait_for 60 ping_through $link 1.1.1.1
modem qmi refuse dms 0x2e 3
check "reset by AT" sh -c "mhictl reset --json | tee /dev/stderr | grep '\"by\":\"at\"'"
modem qmi refuse off
check "the session comes back again" wait_for 60 ping_through $link 1.1.1.1
modem reset-delay 5000
mhictl reset --timeout 2
check_equal "not so soon" 9 $?
modem reset-delay 50
check "but later" wait_for 60 ping_through $link 1.1.1.1

mhictl edl 2>/tmp/edl
check_equal "not without a yes" 2 $?
check "it says how" grep -F "mhictl edl --yes" /tmp/edl
check "the modem was left alone" ping_through $link 1.1.1.1
[ -e $mhi/trigger_edl ] || {
	skip "trigger_edl: this kernel's MHI bus has none"
	leave
}
check "emergency download" sh -c "mhictl edl --yes --json | tee /dev/stderr | grep -F '\"driver_state\":\"download\"'"
check "the modem says so too" sh -c ". /test/guest.sh; modem state | grep 'ee=edl '"
check "info without ports" sh -c "mhictl info --json | tee /dev/stderr | grep -F '\"driver_state\":\"download\"' | grep -F '\"device\":null'"
check "nothing to restart" sh -c "mhictl reset; [ \$? = 3 ]"
check "back" sh -c "echo 1 >$mhi/soc_reset"
recovers 60
check "disconnect" disconnect
