# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# append: slub_debug=FZPU damon_stat.enabled=0
# Twenty loads and unloads leave nothing behind: no slab object, no page, no vmalloc area, no word of complaint.
# DAMON, which newer kernels run from the start, allocates and frees regions as it likes.

cycle() {
	driver_load && wait_for 15 ports_are_there && driver_unload && [ ! -e $qmi ] && [ ! -e /sys/class/net/$base ]
}

# Live objects of each slab cache. They are counted one by one only while the caches are being debugged. KASAN keeps freed ones, which
# count, until their cache is shrunk.
slab() {
	local cache
	for cache in /sys/kernel/slab/*/shrink; do
		[ ! -e /sys/kernel/debug/kmemleak ] || echo 1 >"$cache"
	done
	awk 'NR > 2 && $1 != "debug_objects_cache" { print $1, $2 }' /proc/slabinfo # that is a pool of the debugging itself
}

# One object a load is a leak; what the kernel's own background work moves is less, and what it has yet to free goes.
slab_is_back() {
	slab >/tmp/slab.after
	awk 'NR == FNR { before[$1] = $2; next } $2 - before[$1] >= 20 { print $1 ": " before[$1] " to " $2; grown = 1 } END { exit grown }' \
		/tmp/slab.before /tmp/slab.after
}

# Areas in use: not the stacks of whoever runs, nor what is freed and waits to be given back in bulk.
vmalloc_areas() {
	grep -Evc 'vmap_stack|unpurged vm_area' /proc/vmallocinfo
}

# The first loads fill caches that stay.
for round in 1 2 3 4 5; do
	need "first loads, $round" cycle
done
pages=$(free_pages)
[ ! -e /proc/slabinfo ] || slab >/tmp/slab.before
areas=$(vmalloc_areas)

for round in $(seq 20); do
	check "load and unload $round" cycle || break
done

pages=$((pages - $(free_pages)))
check "no pages are lost ($pages)" test $pages -lt 200 # ten a load
if [ -e /proc/slabinfo ]; then
	check "slab caches have not grown" wait_for 20 slab_is_back
else
	skip "slab caches have not grown: the kernel does not count slab objects (SLUB_DEBUG)"
fi
# A module's own areas are freed in the background.
areas_are_back() {
	[ "$(vmalloc_areas)" = "$areas" ]
}
if grep -q vmap_stack /proc/vmallocinfo; then
	check "vmalloc areas are $areas again" wait_for 20 areas_are_back
else
	skip "vmalloc areas: the kernel does not say whose they are (KALLSYMS)"
fi
