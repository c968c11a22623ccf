# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# What mhictl does not take: a port or a mux id that another program has, the last try of a PIN. What was left behind by a
# killed mhictl does not hinder.

# fails NAME CODE WORDS ARGUMENTS...: mhictl ends with CODE, its message has WORDS and a hint.
fails() {
	local name="$1" code="$2" words="$3" status=0
	shift 3
	timeout 60 mhictl "$@" >/tmp/fails.log 2>&1 || status=$?
	cat /tmp/fails.log
	if [ $status != "$code" ]; then
		fail "$name: exit code $status instead of $code: $(head -n 1 /tmp/fails.log)"
	elif ! grep -q "^mhictl: error: .*$words" /tmp/fails.log; then
		fail "$name: no '$words' in: $(grep '^mhictl: error: ' /tmp/fails.log)"
	elif ! grep -q '^mhictl: next: ' /tmp/fails.log; then
		fail "$name: no hint"
	else
		pass "$name"
	fi
}

driver_up
fails "another device" 3 'no modem wwan7' connect --device wwan7

sleep 1000 3<>$qmi &
holder=$!
check "somebody has the port" wait_for 5 test -e /proc/$holder/fd/3
fails "port busy" 4 "sleep (pid $holder)" connect --apn internet
fails "port busy for status" 4 "(pid $holder)" status
kill $holder && wait $holder
connected() {
	grep -q '^connected: ' /tmp/mhictl.log
}
need "session" connect
fails "a second mhictl" 4 "mhictl (pid $session) uses mux id 129 of wwan0" connect --apn internet
check "ping goes on" ping_through $link 1.1.1.1
check "SIGKILL" kill -KILL "$session"
wait "$session"
check "the link is left" test -e /sys/class/net/$link
need "session after a SIGKILL" connect
check "it is up" wait_for 30 connected
check "ping again" ping_through $link 1.1.1.1
check "disconnect" disconnect

ip link add link $base name other type rmnet mux_id 129
fails "mux id in use" 11 'mux id 129' connect --apn internet
ip link del other
ip link add $link type dummy
fails "another interface of that name" 11 'is no link of rmnet_mhi0 with mux id 129' connect --apn internet
check "it is left alone" test -e /sys/class/net/$link
ip link del $link

modem qmi sim locked
fails "wrong PIN" 6 '2 tries left' connect --apn internet --pin 9999
fails "wrong PIN again" 6 '1 tries left' connect --apn internet --pin 9998
fails "the last try is not used" 6 'wants its PIN, 1 tries left' connect --apn internet --pin 9997
modem qmi sim locked
need "right PIN connects" connect --pin 1234
check "disconnect again" disconnect
