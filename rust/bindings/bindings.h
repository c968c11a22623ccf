/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What bindgen reads; `allowlist` beside this file picks from it. A macro that bindgen cannot evaluate becomes a constant here:
 * RUST_CONST_HELPER_NAME is bindings::NAME.
 */
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jiffies.h>
#include <linux/mhi.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>
#include "../helpers/helpers.h"

static const gfp_t RUST_CONST_HELPER_GFP_KERNEL = GFP_KERNEL;
static const gfp_t RUST_CONST_HELPER_GFP_ATOMIC = GFP_ATOMIC;
static const unsigned long RUST_CONST_HELPER_PAGE_SIZE = PAGE_SIZE;
static const netdev_features_t RUST_CONST_HELPER_NETIF_F_RXCSUM = NETIF_F_RXCSUM;
static const netdev_features_t RUST_CONST_HELPER_NETIF_F_IP_CSUM = NETIF_F_IP_CSUM;
static const netdev_features_t RUST_CONST_HELPER_NETIF_F_IPV6_CSUM = NETIF_F_IPV6_CSUM;
static const netdev_features_t RUST_CONST_HELPER_NETIF_F_SG = NETIF_F_SG;
static const netdev_features_t RUST_CONST_HELPER_NETIF_F_GSO = NETIF_F_GSO;
static const netdev_features_t RUST_CONST_HELPER_NETIF_F_GSO_SOFTWARE = NETIF_F_GSO_SOFTWARE;
