# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# timeout: 400
# modem: --model rm500q
# A fatal error after which the modem stays away when its slot is reset: the kernel says no more of it for minutes, but the driver looks for
# it. Once the modem has its power back, it is brought up again.

up_with_session
modem drop power
check "a fatal error" inject MALF_TLP
check "the driver keeps off" wait_for 20 state_is frozen
check "the driver looks for the modem" wait_for 100 state_is unreachable
modem restore
recovers 150
check "disconnect" disconnect
check "the driver goes" driver_unload
