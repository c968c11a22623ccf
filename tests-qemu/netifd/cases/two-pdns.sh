# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# Several interfaces on one modem: each has a mux id of its own, by the order of the configuration, and keeps it; what happens
# to one does not touch the other.

modem 0000:01:00.0 wwan0 rmnet_mhi0
config <<'END'
config interface 'modem'
	option proto 'mhi'
	option apn 'internet'
config interface 'fixed'
	option proto 'mhi'
	option apn 'corporate'
	option mux '130'
config interface 'ims'
	option proto 'mhi'
	option apn 'ims'
	option defaultroute '0'
END
for interface in modem fixed ims new; do
	values $interface IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
	plan $interface up up up
done
values ims IP4_ADDRESS=10.2.2.2 IP4_PREFIX=32
start_netifd
mux_of() {
	sed -n '$s/.*--mux \([0-9]*\) .*/\1/p' "/tmp/mhictl.$1.arguments"
}
for interface in modem fixed ims; do
	state $interface up
done
is "mux of modem" 129 mux_of modem
is "mux of fixed" 130 mux_of fixed
is "mux of ims" 131 mux_of ims
real && {
	is "address of modem" 10.1.1.1/32 address -4 rmnet_mhi0_1
	is "address of ims" 10.2.2.2/32 address -4 rmnet_mhi0_3
}

# One loses its connection: the others stay.
before=$(cat /tmp/mhictl.ims.pid)
tell modem down
state modem pending
is "ims" up state_of ims
real && is "address of ims after modem's loss" 10.2.2.2/32 address -4 rmnet_mhi0_3
tell modem up
state modem up

# A new one before the others takes what is free, and the others keep theirs, also when they begin anew.
config <<'END'
config interface 'new'
	option proto 'mhi'
config interface 'ims'
	option proto 'mhi'
	option apn 'ims'
	option defaultroute '0'
config interface 'modem'
	option proto 'mhi'
	option apn 'internet'
config interface 'fixed'
	option proto 'mhi'
	option apn 'corporate'
	option mux '130'
END
reload
state new up
is "mux of new" 132 mux_of new
is "process of ims" "$before" cat /tmp/mhictl.ims.pid
interface_down ims
state ims down
eventually 30 stopped ims
interface_up ims
state ims up
is "mux of ims, again" 131 mux_of ims

# One that leaves frees its id for the next.
config <<'END'
config interface 'new'
	option proto 'mhi'
config interface 'ims'
	option proto 'mhi'
	option apn 'ims'
	option defaultroute '0'
config interface 'fixed'
	option proto 'mhi'
	option apn 'corporate'
	option mux '130'
END
reload
eventually 30 stopped modem || fail "modem still runs"
config <<'END'
config interface 'new'
	option proto 'mhi'
config interface 'ims'
	option proto 'mhi'
	option apn 'ims'
	option defaultroute '0'
config interface 'fixed'
	option proto 'mhi'
	option apn 'corporate'
	option mux '130'
config interface 'next'
	option proto 'mhi'
END
values next IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
plan next up
reload
state next up
is "mux of next" 129 mux_of next
