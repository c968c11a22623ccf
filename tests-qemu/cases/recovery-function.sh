# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# A modem that crashed and comes up only once its PCI function is reset: the driver gets there by itself, and the session comes back.

recovery_case function 120 modem_resets_interface modem_resets_soc modem_resets_function
