# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# Errors that another attempt makes worse or cannot cure: none is made until somebody says ifup.

modem 0000:01:00.0 wwan0 rmnet_mhi0
config <<'END'
config interface wrongpin
	option proto 'mhi'
	option pincode '1111'
config interface nopin
	option proto 'mhi'
config interface permission
	option proto 'mhi'
config interface usage
	option proto 'mhi'
config interface missing
	option proto 'mhi'
config interface pdptype
	option proto 'mhi'
	option pdptype 'ppp'
config interface auth
	option proto 'mhi'
	option auth 'md5'
config interface mux
	option proto 'mhi'
	option mux '255'
END
plan wrongpin "failed sim-locked the PIN was refused, 2 tries left;exit 6" up
plan nopin "failed sim-locked the SIM wants a PIN;exit 6"
plan permission "failed permission not for you;exit 13"
plan usage "exit 2"
plan missing "exit 127"
values wrongpin IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
start_netifd

error wrongpin PIN_FAILED
eventually 30 has_lines /tmp/calls.wrongpin 4
grep -v '"action": 1' /tmp/calls.wrongpin >/tmp/calls.rest # its environment has the PIN
expect rest <<END
$(told_error wrongpin PIN_FAILED "the PIN was refused, 2 tries left")
$(killed wrongpin)
$(blocked wrongpin)
END
expect nopin <<END
$(connects nopin 0000:01:00.0 130 4+6 allowed)
$(told_error nopin PIN_NOT_SPECIFIED "the SIM wants a PIN")
$(killed nopin)
$(blocked nopin)
END
expect permission <<END
$(connects permission 0000:01:00.0 131 4+6 allowed)
$(told_error permission PERMISSION_DENIED "not for you")
$(killed permission)
$(blocked permission)
END
expect usage <<END
$(connects usage 0000:01:00.0 132 4+6 allowed)
$(killed usage)
$(told_error usage INVALID_OPTIONS "mhictl ended with 2")
$(blocked usage)
END
expect missing <<END
$(connects missing 0000:01:00.0 133 4+6 allowed)
$(killed missing)
$(told_error missing MHICTL_MISSING "mhictl ended with 127")
$(blocked missing)
END
expect pdptype <<END
$(told_error pdptype INVALID_PDPTYPE "ppp is none of ip, ipv6, ipv4v6")
$(blocked pdptype)
$(killed pdptype)
END
expect auth <<END
$(told_error auth INVALID_AUTH "md5 is none of none, pap, chap, both")
$(blocked auth)
$(killed auth)
END
expect mux <<END
$(told_error mux INVALID_MUX "255 is not between 129 and 254")
$(blocked mux)
$(killed mux)
END
state wrongpin down
/busybox sleep 2
is "attempts with a PIN that was refused" 1 sh -c 'wc -l </tmp/mhictl.wrongpin.arguments'
interface_up wrongpin
state wrongpin up
error wrongpin ''
