# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 60
# The harness itself: the kernel boots, the modem is on its bus and its control channel answers.

check "modem is on the PCI bus" test -n "$(pci)"
check "modem answers on the control channel" modem ping
