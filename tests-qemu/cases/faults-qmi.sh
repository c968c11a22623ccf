# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 600
# A modem that answers QMI with errors, with silence, or with other transactions' replies, on the way to a session. Within its time
# mhictl gets over it or reports it, as each row says, and when the fault is over the next try succeeds. The modem counts each.

# tried SECONDS REQUEST...: what becomes of a connect while the fault is on.
tried() {
	local seconds=$1 status=0
	# The program itself, since it is to be killed.
	command timeout $((seconds * ${PATIENCE:-1})) mhictl connect --apn internet --timeout $((4 * ${PATIENCE:-1})) >/tmp/tried.log 2>&1 &
	local process=$!
	wait_for "$seconds" ended_or_connected $process || {
		kill -KILL $process
		fail "$name: neither an end nor a session within $seconds s"
		return 1
	}
	if kill -0 $process 2>/dev/null; then
		outcome=session
		kill -TERM $process
		wait $process
	else
		wait $process || status=$?
		outcome=$status
		grep -q "^mhictl: error: " /tmp/tried.log
	fi
}

ended_or_connected() {
	! kill -0 "$1" 2>/dev/null || grep -q '^connected: ' /tmp/tried.log
}

# spoilt: how many answers the modem has refused, spoilt or kept to itself, and how much garbage it has sent.
spoilt() {
	modem qmi stats | sed 's/.*faults=//'
}

# qmi_fault NAME OUTCOME REQUEST...: OUTCOME is session, all the same, or mhictl's exit code.
qmi_fault() {
	local name=$1 expected=$2 outcome='' before
	shift 2
	before=$(spoilt)
	modem qmi "$@" >/dev/null || {
		fail "$name: not ordered"
		return
	}
	tried 40 || {
		cat /tmp/tried.log
		fail "$name: not reported: $outcome"
		return
	}
	[ "$outcome" = "$expected" ] || {
		cat /tmp/tried.log
		fail "$name: $outcome instead of $expected"
	}
	[ "$(spoilt)" -gt "$before" ] || fail "$name: it has not happened"
	modem qmi silent off
	modem qmi refuse off
	modem qmi wrong-transaction 0
	modem qmi partial off
	if connect && ping_through rmnet_mhi0.1 1.1.1.1 1 >/dev/null && disconnect; then
		pass "$name: $outcome, $(grep -v 'next: ' /tmp/tried.log | tail -n 1)"
	else
		fail "$name: no session after it"
	fi
}

driver_up
echo "SEED=${SEED:-1}"
qmi_fault "sync refused" session refuse ctl 0x27 3
qmi_fault "no client ids" 10 refuse ctl 0x22 5
qmi_fault "a client id refused, error 94" 10 refuse ctl 0x22 94
qmi_fault "firmware unknown" session refuse dms 0x23 3
qmi_fault "SIM state refused" 10 refuse uim 0x2f 3
qmi_fault "serving system refused" session refuse nas 0x24 3
qmi_fault "data format refused" 10 refuse wda 0x20 3
qmi_fault "mux binding refused" 10 refuse wds 0xa2 3
qmi_fault "address family refused" 10 refuse wds 0x4d 3
qmi_fault "start refused, error 14" 8 refuse wds 0x20 14
qmi_fault "start refused, an error that does not exist" 8 refuse wds 0x20 0xeeee
qmi_fault "settings refused" 10 refuse wds 0x2d 15
qmi_fault "silence" 9 silent on
qmi_fault "services: a reply of another transaction" 9 wrong-transaction 1 ctl 0x21
qmi_fault "data format: a reply of another transaction" 9 wrong-transaction 1 wda 0x20
qmi_fault "start: a reply of another transaction" 9 wrong-transaction 1 wds 0x20
qmi_fault "all replies of other transactions" 9 wrong-transaction 20
qmi_fault "a client id: a reply cut after 1 byte" 9 cut 1 ctl 0x22
qmi_fault "firmware: a reply cut after 5 bytes" 9 cut 5 dms 0x23
unregistered=7
[ $((4 * ${PATIENCE:-1})) -lt 10 ] || unregistered=9 # the request's own ten seconds end first
qmi_fault "serving system: a reply cut after 12 bytes" $unregistered cut 12 nas 0x24
qmi_fault "settings: a reply cut after 20 bytes" 9 cut 20 wds 0x2d
qmi_fault "replies byte by byte" session partial 1
for number in 1 2 3; do
	qmi_fault "garbage, $number" session garbage $((${SEED:-1} * 1000 + number)) $((number * 300))
done
check "the driver goes" driver_unload
