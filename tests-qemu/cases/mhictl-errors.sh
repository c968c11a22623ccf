# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=busybox
# Each way for mhictl connect to fail has its exit code, says in words what happened and what to do, and leaves nothing behind.

# fails NAME CODE WORDS ARGUMENTS...: mhictl ends with CODE, and its message has WORDS and a hint.
fails() {
	local name="$1" code="$2" words="$3" status
	shift 3
	mhictl "$@" >/tmp/fails.log 2>&1
	status=$?
	cat /tmp/fails.log
	if [ $status != "$code" ]; then
		fail "$name: exit code $status instead of $code"
	elif ! grep '^mhictl: error: ' /tmp/fails.log | grep -q -e "$words"; then
		fail "$name: no '$words' in: $(grep '^mhictl: error: ' /tmp/fails.log)"
	elif ! grep -q '^mhictl: next: ' /tmp/fails.log; then
		fail "$name: no hint"
	elif [ -e /sys/class/net/rmnet_mhi0.1 ]; then
		fail "$name: the link is left"
	else
		pass "$name"
	fi
}

fails "no device" 3 'no modem found' connect --apn internet
fails "no device for status" 3 'no modem found' status
fails "no device for at" 3 'no modem found' at AT
driver_up

fails "wrong option" 2 'mux 300' connect --mux 300
fails "another device" 3 'no modem wwan7' connect --device wwan7

modem qmi sim absent
fails "SIM absent" 5 'no SIM card' connect --apn internet
modem qmi sim puk
fails "SIM wants its PUK" 6 'PUK' connect --apn internet
modem qmi sim locked
fails "SIM locked" 6 'wants its PIN, 3 tries left' connect --apn internet
fails "wrong PIN" 6 '2 tries left' connect --apn internet --pin 9999
fails "wrong PIN again" 6 '1 tries left' connect --apn internet --pin 9998
fails "last try is not used" 6 'wants its PIN, 1 tries left' connect --apn internet --pin 9997
modem qmi sim locked
need "right PIN connects" connect --pin 1234
check "disconnect" disconnect
modem qmi sim ready

modem qmi registration searching
fails "not registered" 7 'not registered within 3 s: searching' connect --apn internet --timeout 3
modem qmi registration denied
fails "registration denied" 7 'denied' connect --apn internet --timeout 3
modem qmi registration home

modem qmi reject-apn 27
fails "APN refused" 8 'APN wrong refused: .*APN' connect --apn wrong
fails "APN refused, both families" 8 'APN wrong refused' connect --apn wrong --ip 4+6
modem qmi reject-apn off

modem qmi silent on
fails "modem is silent" 9 'no answer\|not connected' connect --apn internet --timeout 4
fails "modem is silent, status" 9 'no answer' status --timeout 3
modem qmi silent off

modem qmi refuse WDA 0x20 0x46
fails "data format refused" 10 'QMAP data format' connect --apn internet
modem qmi refuse off

sleep 1000 3<>"$qmi" &
holder=$!
check "somebody else has the port" wait_for 5 test -e /proc/$holder/fd/3
fails "port busy" 4 "(pid $holder)" connect --apn internet
fails "port busy, status" 4 "(pid $holder)" status
kill $holder && wait $holder
need "session" connect
mhictl connect --mux 130 >/tmp/second.log 2>&1
check_equal "a second mhictl is refused" 4 $?
check "it is told who has the modem" grep -q "mhictl (pid $session)" /tmp/second.log
check "disconnect again" disconnect

ip link add link "$base" name rmnet_mhi0.1 type rmnet mux_id 129
need "a link that was left does not hinder" connect
check "disconnect once more" disconnect
ip link add link "$base" name other type rmnet mux_id 129
fails "mux id in use" 11 'mux id 129' connect --apn internet
ip link del other
