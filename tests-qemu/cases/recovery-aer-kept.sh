# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# timeout: 300
# A fatal error in the slot of a modem whose bus must not be reset (SDX62 and SDX65): the kernel gives up at once, and the driver brings
# up the modem as it is.

up_with_session
check "a fatal error" inject MALF_TLP
check "the kernel gives up" wait_for 20 dmesg_has "AER: device recovery failed"
check "the driver keeps off" wait_for 20 state_is frozen
recovers 150
check_equal "its bus is left alone" 0 "$(counter $base modem_resets_bus)"
check "disconnect" disconnect
check "the driver goes" driver_unload
