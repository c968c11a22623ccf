# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# Two modems: without a name none is taken by chance; a name may be a PCI address, wwanN, a device node or a path in sysfs.

modem 0000:01:00.0 wwan0 rmnet_mhi0
modem 0000:02:00.0 wwan1 rmnet_mhi1
config <<END
config interface 'unnamed'
	option proto 'mhi'
config interface 'address'
	option proto 'mhi'
	option device '0000:02:00.0'
config interface 'name'
	option proto 'mhi'
	option device 'wwan1'
config interface 'node'
	option proto 'mhi'
	option device '/dev/wwan0qmi0'
config interface 'path'
	option proto 'mhi'
	option device '$MHI_SYS/devices/pci0000:00/0000:02:00.0'
config interface 'elsewhere'
	option proto 'mhi'
	option device '/dev/ttyUSB2'
END
start_netifd
expect unnamed <<END
$(told_error unnamed DEVICE_NOT_UNIQUE "option device must name one of 0000:01:00.0 0000:02:00.0")
$(blocked unnamed)
$(killed unnamed)
END
expect address <<END
$(connects address 0000:02:00.0 129 4+6 allowed)
END
expect name <<END
$(connects name 0000:02:00.0 130 4+6 allowed)
END
expect node <<END
$(connects node 0000:01:00.0 129 4+6 allowed)
END
expect path <<END
$(connects path 0000:02:00.0 131 4+6 allowed)
END
expect elsewhere <<END
$(told_error elsewhere NO_DEVICE "no modem at \/dev\/ttyUSB2")
$(available elsewhere false)
$(killed elsewhere)
END
