// SPDX-License-Identifier: GPL-2.0-only
// All helpers, compiled at once: one object is smaller than many, and sooner there.

#include "device.c"
#include "ethtool.c"
#include "memory.c"
#include "mhi.c"
#include "module.c"
#include "net.c"
#include "pci.c"
#include "print.c"
#include "rtnl.c"
#include "skbuff.c"
#include "sync.c"
#include "tap.c"
#include "time.c"
#include "workqueue.c"
