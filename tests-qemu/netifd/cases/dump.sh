# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# What the handler declares to netifd.

cd /lib/netifd/proto || fail "no handlers"
# netifd since 2026-06-16 also says whether there is a handler for restarts: there is none.
dump() {
	./mhi.sh '' dump | sed 's/"restart-handler": false, //'
}
is "the description" \
	'{ "name": "mhi", "config": [ [ "device:device", 3 ], [ "apn", 3 ], [ "auth", 3 ], [ "username", 3 ], [ "password", 3 ], [ "pincode", 3 ], [ "pdptype", 3 ], [ "profile", 5 ], [ "mux", 5 ], [ "mtu", 5 ], [ "timeout", 5 ], [ "allow_roaming", 7 ], [ "delegate", 7 ], [ "sourcefilter", 7 ], [ "defaultroute", 7 ], [ "peerdns", 7 ], [ "renew", 7 ], [ "metric", 5 ] ], "no-device": true, "no-device-config": false, "no-proto-task": false, "available": true, "renew-handler": false, "lasterror": true, "teardown-on-l3-link-down": false }' \
	dump
