# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# Debian's drivers and qmicli find a modem that they know: it binds, answers and keeps what is set.

stock_up
check "DMS: model" sh -c "qmicli -d $qmi -p --dms-get-model | grep -q RM520N"
check "DMS: revision" sh -c "qmicli -d $qmi -p --dms-get-revision | grep -q RM520N"
check "DMS: IMEI" sh -c "qmicli -d $qmi -p --dms-get-ids | grep -qE \"IMEI: '[0-9]{15}'\""
check "UIM: card status" sh -c "qmicli -d $qmi -p --uim-get-card-status | grep -q \"Card state: 'present'\""
check "NAS: registered" sh -c "qmicli -d $qmi -p --nas-get-serving-system | grep -q \"Registration state: 'registered'\""
check "NAS: signal" qmi --nas-get-signal-info

check "DMS: operating mode is set" qmi --dms-set-operating-mode=low-power
check_equal "DMS: operating mode is kept" low-power "$(qmi --dms-get-operating-mode | field Mode)"
check "DMS: operating mode is set back" qmi --dms-set-operating-mode=online
check_equal "DMS: operating mode is online" online "$(qmi --dms-get-operating-mode | field Mode)"

check "WDA: QMAPv5 is set" qmi --wda-set-data-format=link-layer-protocol=raw-ip,ul-protocol=qmapv5,dl-protocol=qmapv5,dl-datagram-max-size=31744,dl-max-datagrams=32,ep-type=pcie,ep-iface-number=4
check_equal "WDA: QMAPv5 is kept" qmapv5 \
	"$(qmi --wda-get-data-format=ep-type=pcie,ep-iface-number=4 | field 'Downlink data aggregation protocol')"
