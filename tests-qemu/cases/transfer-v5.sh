# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 300
# TCP and UDP both ways in QMAPv5, content compared.

transfers v5
