# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# modem: --msi 8
# vectors: 8
# Eight vectors on offer: data and control have interrupts of their own.

driver_up
check "several vectors are used" test "$(vectors)" -gt 1
need "session" connect
check "ping" ping_through rmnet_mhi0.1 1.1.1.1 10
check "interrupts came on several vectors" test "$(busy_vectors)" -gt 1
check "disconnect" disconnect
