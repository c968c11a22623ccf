# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# A QMI port that sends garbage, pieces, strangers' transactions or nothing: mhictl neither dies nor hangs, and works again.

driver_up
need "session" connect
running() {
	kill -0 "$session"
}

for bytes in 01 0105000000000000 01ffff80000000 0100000000000000000000 01020080; do
	check "garbage $bytes" modem qmi garbage $bytes
done
for seed in $(seq 20); do
	modem qmi garbage "$seed" $((seed * 97)) >/dev/null || fail "garbage of seed $seed: not sent"
done
check "the session lives" running
check "ping" ping_through $link 1.1.1.1
check "status answers" mhictl status
check "disconnect" disconnect

for bytes in 1 7 64; do
	check "pieces of $bytes: ordered" modem qmi partial $bytes
	check "pieces of $bytes: session" connect
	check "pieces of $bytes: disconnect" disconnect
done
check "no pieces: ordered" modem qmi partial off

check "wrong transactions: ordered" modem qmi wrong-transaction 3
command timeout $((100 * ${PATIENCE:-1})) mhictl connect --apn internet --timeout 30 >/tmp/mhictl.log 2>&1 &
session=$!
ended_or_up() {
	! running || has_address $link
}
check "wrong transactions: an end or a session" wait_for 60 ended_or_up
kill -TERM "$session" 2>/dev/null && wait "$session"

check "an answer cut short: ordered" modem qmi cut 9
# The wrong transactions that are left spoil one question each, too.
check "status after it" wait_for 60 mhictl status --timeout 3
need "session again" connect
check "ping again" ping_through $link 1.1.1.1

check "mute under a session: ordered" modem qmi silent on
check "ping while QMI is mute" ping_through $link 1.1.1.1
check "mhictl ends in time" timeout 30 sh -c "kill -TERM $session; while kill -0 $session 2>/dev/null; do usleep 100000; done"
check "not mute: ordered" modem qmi silent off
wait "$session"
need "session at last" connect
check "ping at last" ping_through $link 1.1.1.1
check "disconnect at last" disconnect
