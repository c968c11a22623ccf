# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 120
# Every format that the modem speaks, one session after the other.

driver_up
for version in v1 v4 v5; do
	check "$version: session" connect --ip 4+6 --qmap $version || continue
	check "$version: it is the format" grep -qi "format.*$version" /tmp/mhictl.log
	check "$version: ping IPv4" ping_through rmnet_mhi0.1 1.1.1.1
	check "$version: ping IPv6" ping_through rmnet_mhi0.1 2606:4700:4700::1111
	check "$version: disconnect" disconnect
done
