# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# Errors that may pass: netifd has the word and the reason, and there is another attempt after a pause, which grows.

modem 0000:01:00.0 wwan0 rmnet_mhi0
config <<'END'
config interface busy
	option proto 'mhi'
config interface absent
	option proto 'mhi'
config interface registration
	option proto 'mhi'
config interface refused
	option proto 'mhi'
config interface silent
	option proto 'mhi'
config interface modemsays
	option proto 'mhi'
config interface kernel
	option proto 'mhi'
config interface failure
	option proto 'mhi'
config interface unheard
	option proto 'mhi'
config interface device
	option proto 'mhi'
END
try() { # INTERFACE WORD CODE
	plan "$1" "failed $2 for a reason;exit $3" "failed $2 for a reason;exit $3" up
	values "$1" IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
}
try busy port-busy 4
try absent sim-absent 5
try registration not-registered 7
try refused session-refused 8
try silent no-answer 9
try modemsays modem-refused 10
try kernel network 11
try failure failure 1
try device no-device 3
plan unheard "exit 8" up # the hook did not run
values unheard IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
start_netifd

try_expect() { # INTERFACE CODE
	begins "$1" <<-END
		$(connects "$1" 0000:01:00.0 "$mux" 4+6 allowed)
		$(told_error "$1" "$2" "for a reason")
		$(killed "$1")
	END
	mux=$((mux + 1))
}
mux=129
try_expect busy DEVICE_BUSY
try_expect absent SIM_ABSENT
try_expect registration NETWORK_REGISTRATION_FAILED
try_expect refused CALL_FAILED
try_expect silent MODEM_NOT_RESPONDING
try_expect modemsays MODEM_REFUSED
try_expect kernel LINK_FAILED
try_expect failure MHICTL_FAILED
begins unheard <<END
$(connects unheard 0000:01:00.0 137 4+6 allowed)
$(killed unheard)
$(told_error unheard CALL_FAILED "mhictl ended with 8")
END
mux=138
try_expect device NO_DEVICE

# The second attempt comes after 5 seconds, the third after 10 more; once it is up, all is forgotten.
state busy up
state unheard up
[ ! -e /var/run/rmnet-mhi/unheard.failures ] || fail "failures are remembered after success"
error unheard ''
pauses() { # INTERFACE
	local last='' start
	while read -r start; do
		[ -z "$last" ] || echo $((start - last))
		last=$start
	done <"/tmp/mhictl.$1.starts"
}
at_least() { # SECONDS NUMBER
	[ "$(pauses busy | sed -n "$2p")" -ge "$1" ]
}
at_least 5 1 || fail "pauses are $(pauses busy)"
at_least 10 2 || fail "pauses are $(pauses busy)"
