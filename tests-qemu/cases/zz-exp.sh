# timeout: 200
slab() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$cache"
	done 2>/dev/null
	grep ^dentry /proc/slabinfo
}
cyc_stock() { modprobe -a mhi_pci_generic mhi_wwan_ctrl mhi_net; wait_for 15 stock_ports;  modprobe -r mhi_net mhi_wwan_ctrl mhi_pci_generic; }
cyc_ours() { driver_load; wait_for 15 ports_are_there; driver_unload; }
cyc_min() { driver_load; driver_unload; }
cyc_none() { true; }
cyc_check() { check x true; }
for c in cyc_stock cyc_ours cyc_min cyc_check cyc_none; do
 for i in 1 2 3; do $c >/dev/null; done
 echo "$c $(slab)"
 for i in $(seq 10); do $c >/dev/null; done
 echo "$c $(slab)"
done
find /sys/kernel/debug -maxdepth 2 | grep -E "mhi|wwan"
pass x
