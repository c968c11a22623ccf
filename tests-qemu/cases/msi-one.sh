# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# modem: --msi 1
# One vector serves everything.

driver_up
check_equal "vectors" 1 "$(vectors)"
need "session" connect
check "ping" ping_through rmnet_mhi0.1 1.1.1.1 10
check "disconnect" disconnect
