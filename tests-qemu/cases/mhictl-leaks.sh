# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 600
# Fifty sessions that are killed or ended at whatever step they are leave nothing in the modem: no client id, no call.

driver_up

# at_step WORD: the session is at that step, or over.
at_step() {
	grep -q "^$1: " /tmp/mhictl.log || ! kill -0 "$session"
}

ended=0 most=0
for round in 1 2 3 4 5; do
	for step in modem sync firmware sim registration format mux session address connected; do
		mhictl connect --apn internet --ip 4+6 >/tmp/mhictl.log 2>&1 &
		session=$!
		wait_for 40 at_step $step || fail "round $round, $step: $(tail -n 1 /tmp/mhictl.log)"
		case $(((round + ended) % 3)) in
		0) kill -TERM "$session" ;;
		*) kill -KILL "$session" ;;
		esac
		wait "$session"
		ended=$((ended + 1))
		given=$(clients)
		[ "$given" -le $most ] || most=$given
	done
done
check_equal "fifty were ended" 50 $ended
check "never more client ids than two sessions have: $most" test $most -le 12
check "no client id is left" wait_for 10 have clients 0
check "no call is left" wait_for 10 have calls 0
need "a session after them" connect
check "it is up" wait_for 10 said 1 connected
check_equal "it has its own ids, no more" 5 "$(clients)"
check "ping" ping_through $link 1.1.1.1
check "disconnect" disconnect
check_equal "nothing is left" "0 0" "$(clients) $(calls)"
check "the proxy ends by itself" wait_for 30 have proxies 0
