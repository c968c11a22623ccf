# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# iommu: strict
# timeout: 300
# Behind an IOMMU that lets the modem reach what is mapped for it at that moment and nothing else: it never reaches past that, not
# under traffic, nor while the ring grows, the channels restart, the modem crashes or the driver goes.

# mapped NAME: pieces or bytes of memory that the modem may reach.
mapped() {
	modem memory | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# Accesses that went elsewhere, by name.
stray() {
	modem stats | tr ' ' '\n' | grep '^bad_'
}

crashed() {
	[ "$(counter $base modem_crashes)" = 1 ]
}

nothing_stray() {
	check_equal "no access outside of what is mapped, $1" "" "$(stray)"
}

check "the kernel translates" sh -c "ls /sys/class/iommu | grep -q dmar"
before=$(mapped bytes)
driver_up
check_equal "each buffer is mapped by itself" DMA "$(cat "/sys/bus/pci/devices/$(pci)/iommu_group/type")"
need "session" connect --ip 4+6
now=$(mapped bytes)
check "the modem reaches a part of memory: $now bytes" test "$now" -gt 1000000 -a "$now" -lt 16000000
check "download" transfer tcp-get $ipv4 1 3000000
check "upload" transfer tcp-put $ipv4 2 3000000
check "datagrams" small_and_large
nothing_stray "under traffic"
check "a larger ring" ethtool -G $base rx 511
check "download on it" transfer tcp-get $ipv4 3 1000000
nothing_stray "since the ring grew"
modem sys_err
check "the crash is seen" wait_for 20 crashed
check "the session is back" wait_for 60 ping_through $link $ipv4 1
check "download after it" transfer tcp-get $ipv4 4 1000000
nothing_stray "since the crash"
check "disconnect" disconnect
check "the driver goes" driver_unload
check_equal "what was mapped is unmapped" "$before" "$(mapped bytes)"
nothing_stray "at the end"
