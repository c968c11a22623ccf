# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=sh
# What a kernel never says while all is well, as an extended regular expression: of its log in the guest, and, once the guest is through,
# of its console.

complaint='WARNING:|BUG:|Oops|Internal error|Unable to handle|Kernel panic|Call trace|Call Trace|refcount_t|rmnet_mhi.*(panicked|[Ee]rror:)'
complaint="$complaint|INFO: (possible|trying to register|inconsistent)|inconsistent lock state|UBSAN:|DMA-API: (debugging out|[a-z_-]+ [^ ]*:)|ODEBUG:|INFO: task .* blocked"
complaint="$complaint|(list_add|list_del) corruption|page allocation failure|unregister_netdevice: waiting"
