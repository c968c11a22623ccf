# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# module: mainline-rmnet
# timeout: 300
# With the kernel's own rmnet module loaded first the kind is its own: its links work on top of our base. In each version of QMAP, so that
# the emulated modem, which reads and writes them with our driver's code, has somebody else to understand.

# its_own LINK NAME: a counter that only the kernel's links have.
its_own() {
	ethtool -S "$1" | sed -n "s/^ *$2: *//p"
}

# acknowledged TRANSACTION
acknowledged() {
	[ "$(modem data flow status "$1")" = acknowledged ]
}

need "the kernel's rmnet loads" insmod /lib/modules/rmnet.ko
driver_up
check "our driver leaves the kind to it" sh -c 'dmesg | grep -q "rmnet module is loaded"'
for version in v1 v4 v5; do
	need "$version: session on its link" connect --ip 4+6 --qmap $version
	check "$version: the link is its own" test -n "$(its_own $link 'Checksum ok')"
	[ $version = v1 ] || check "$version: checksums are the modem's" ethtool -K $link tx on rx on
	modem data stats reset >/dev/null
	check "$version: ping IPv4" ping_through $link 1.1.1.1 10
	check "$version: ping IPv6" ping_through $link 2606:4700:4700::1111 10
	check "$version: large ping" ping -c 3 -W 5 -s 1400 -I $link 1.1.1.1
	check "$version: TCP, content compared" transfer tcp-get $ipv4 7 2000000
	check "$version: upload" transfer tcp-put $ipv4 8 1000000
	stopped=$(modem data flow disable 129)
	check "$version: a stop is acknowledged" wait_for 5 acknowledged "$stopped"
	resumed=$(modem data flow enable 129)
	check "$version: so is the resumption" wait_for 5 acknowledged "$resumed"
	check "$version: ping after it" ping_through $link 1.1.1.1
	if [ $version = v1 ]; then
		check_equal "$version: no checksum is left to the modem" 0 "$(figure ul_offloaded)"
	else
		check "$version: it finds the modem's checksums right" test "$(its_own $link 'Checksum ok')" -gt 1000
		check_equal "$version: and none wrong" 0 "$(its_own $link 'Checksum validation failed')"
		check "$version: it leaves its own to the modem" test "$(figure ul_offloaded)" -gt 500
	fi
	[ $version != v5 ] || check "$version: with the pseudo header's sum in the field" test "$(figure ul_seeded)" -gt 500
	check_equal "$version: the modem finds nothing wrong" 0 "$(wrong)"
	check "$version: disconnect" disconnect
done
check_equal "no frame was taken by us" 0 "$(counter $base rx_unknown_mux)"
check "our driver unloads" driver_unload
