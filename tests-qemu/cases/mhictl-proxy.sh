# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 300
# The port shared with libqmi's programs: qmicli -p beside a session by way of mhictl's proxy, and a session by way of libqmi's
# proxy. A proxy that is killed is replaced.

driver_up

proxy() {
	local file
	file=$(grep -lxz "[p]roxy" /proc/[0-9]*/cmdline 2>/dev/null | head -n 1)
	file=${file#/proc/}
	echo "${file%/cmdline}"
}

clients() {
	modem qmi stats | sed 's/.*clients=\([0-9]*\).*/\1/'
}

have() {
	[ "$($1)" = "$2" ]
}

connected() {
	[ "$(grep -c '^connected: ' /tmp/mhictl.log)" -ge "$1" ]
}

need "session" connect
check "it is up" wait_for 30 connected 1
check "mhictl's proxy runs" test -n "$(proxy)"
before=$(clients)
check_equal "qmicli asks beside it" RM520N-GL "$(qmi --dms-get-model | field Model)"
check "and again" qmi --nas-get-rf-band-info
check "no qmi-proxy was needed" refused pidof qmi-proxy
check_equal "qmicli's client ids are given back" "$before" "$(clients)"
client=$(qmi --wds-noop --client-no-release-cid | field CID)
check "a client id is handed on from one qmicli to the next" qmi --client-cid="$client" --wds-get-packet-service-status
check "its use of it ends" have clients "$before"
check "a sync of qmicli's is its own affair" qmicli -d $qmi -p --device-open-sync --dms-get-model
check_equal "the session keeps its client ids" "$before" "$(clients)"
for number in 1 2 3 4 5; do
	qmi --nas-get-signal-info >/dev/null &
	eval "qmicli$number=$!"
done
for number in 1 2 3 4 5; do
	eval "wait \$qmicli$number"
	check_equal "qmicli $number of five at once" 0 $?
done
check "ping beside them" ping_through $link 1.1.1.1
check "status beside them" sh -c 'mhictl status | grep "session *rmnet_mhi0.1 up"'

first=$(proxy)
check "the proxy is killed" kill -KILL "$first"
check "the session comes back" wait_for 60 connected 2
check "by way of another proxy" test "$(proxy)" != "$first"
check "ping after it" ping_through $link 1.1.1.1
check "disconnect" disconnect
check "the proxy ends by itself" wait_for 30 have proxy ''

# libqmi's proxy first: a client whose request stays unanswered keeps it on the port.
proxy_has_port() {
	local file
	for file in "/proc/$(pidof qmi-proxy)"/fd/*; do
		[ "$(readlink "$file")" != $qmi ] || return 0
	done
	return 1
}
modem qmi silent on
qmicli -d $qmi -p --dms-get-model >/dev/null 2>&1 &
holder=$!
check "libqmi's proxy has the port" wait_for 10 proxy_has_port
modem qmi silent off
need "session by way of libqmi's proxy" connect
check "it is up" wait_for 30 connected 1
check "it says so" grep "^sync: by qmi-proxy (pid $(pidof qmi-proxy))" /tmp/mhictl.log
check "mhictl's proxy does not run" have proxy ''
check "ping through it" ping_through $link 1.1.1.1
check "status through it" sh -c 'mhictl status | grep "session *rmnet_mhi0.1 up"'
check_equal "qmicli beside it" RM520N-GL "$(qmi --dms-get-model | field Model)"
mhictl connect --apn ims --mux 130 --no-route --no-dns >/tmp/mhictl.2 2>&1 &
second=$!
check "a second session through it" wait_for 60 grep '^connected: ' /tmp/mhictl.2
check "ping through the second one" ping_through rmnet_mhi0.2 1.1.1.2
kill -TERM $second
wait $second
check_equal "the second one ends" 0 $?
check "ping through the first one" ping_through $link 1.1.1.1
modem sys_err
check "it comes back after a crash" wait_for 90 connected 2
check "ping after the crash" ping_through $link 1.1.1.1
check "disconnect from libqmi's proxy" disconnect
kill $holder
wait $holder
check_equal "no call is left" 0 "$(modem qmi stats | sed 's/.*calls=\([0-9]*\).*/\1/')"
