# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 150
# The modem stops one link and resumes it; its neighbour does not notice. In each version of QMAP.

expected_faults=nacks # the answer to a stop of a link that is not there

# acknowledged TRANSACTION
acknowledged() {
	[ "$(modem data flow status "$1")" = acknowledged ]
}

refuses() {
	modem data flow status "$1" | grep -qE 'invalid|unsupported'
}

driver_up
for version in v1 v4 v5; do
	need "$version: session 1" connect --no-route --qmap $version
	need "$version: session 2" extra_link 2
	ip route replace 1.1.1.1 dev $base.1
	ip route replace 1.1.1.2 dev $base.2
	modem data stats reset >/dev/null

	check "$version: ping 1 before" ping_through $base.1 1.1.1.1
	stopped=$(modem data flow disable 129)
	check "$version: stop is acknowledged" wait_for 5 acknowledged "$stopped"
	check "$version: link 1 is stopped" refused ping -c 2 -i 0.2 -W 1 -I $base.1 1.1.1.1
	check "$version: link 2 goes on" ping_through $base.2 1.1.1.2 10
	resumed=$(modem data flow enable 129)
	check "$version: resumption is acknowledged" wait_for 5 acknowledged "$resumed"
	check "$version: link 1 goes on" ping_through $base.1 1.1.1.1
	stopped=$(modem data flow disable 201)
	check "$version: a stop for a link that is not there is answered" wait_for 5 refuses "$stopped"
	check_equal "$version: the modem finds nothing wrong" 0 "$(wrong)"

	ip link del $base.2
	modem data session down 130 >/dev/null
	check "$version: disconnect" disconnect
done
check_equal "the modem saw nothing of a stopped link" 0 "$(figure ul_while_disabled)"
check_equal "stops are counted" 3 "$(counter $base rx_flow_disable)"
check_equal "resumptions are counted" 3 "$(counter $base rx_flow_enable)"
check_equal "what the modem said of links was answered" 9 "$(counter $base tx_command_answers)"
