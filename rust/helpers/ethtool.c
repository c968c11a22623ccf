// SPDX-License-Identifier: GPL-2.0-only
// Ethtool: transmit aggregation, statistics names, driver information.

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include "helpers.h"

#ifdef RMNET_MHI_HAVE_TX_AGGREGATION

void rust_helper_ethtool_aggregation_get(struct kernel_ethtool_coalesce *to, const struct rust_tx_aggregation *from)
{
	to->tx_aggr_max_bytes = from->max_bytes;
	to->tx_aggr_max_frames = from->max_frames;
	to->tx_aggr_time_usecs = from->time_usecs;
}

void rust_helper_ethtool_aggregation_set(const struct kernel_ethtool_coalesce *from, struct rust_tx_aggregation *to)
{
	to->max_bytes = from->tx_aggr_max_bytes;
	to->max_frames = from->tx_aggr_max_frames;
	to->time_usecs = from->tx_aggr_time_usecs;
}

/* The numbers that rust/kernel/net/ethtool.rs has. */
static_assert(ETHTOOL_COALESCE_TX_AGGR_MAX_BYTES == BIT(24));
static_assert(ETHTOOL_COALESCE_TX_AGGR_MAX_FRAMES == BIT(25));
static_assert(ETHTOOL_COALESCE_TX_AGGR_TIME_USECS == BIT(26));

#else /* before 6.2: such a kernel never asks */

void rust_helper_ethtool_aggregation_get(struct kernel_ethtool_coalesce *to, const struct rust_tx_aggregation *from)
{
}

void rust_helper_ethtool_aggregation_set(const struct kernel_ethtool_coalesce *from, struct rust_tx_aggregation *to)
{
}

#endif

void rust_helper_ethtool_string(u8 *data, size_t index, const char *name)
{
	strscpy((char *)data + index * ETH_GSTRING_LEN, name, ETH_GSTRING_LEN);
}

void rust_helper_ethtool_driver(struct ethtool_drvinfo *info, const char *driver, const char *version,
				const struct net_device *dev)
{
	strscpy(info->driver, driver, sizeof(info->driver));
	strscpy(info->version, version, sizeof(info->version));
	if (dev->dev.parent)
		strscpy(info->bus_info, dev_name(dev->dev.parent), sizeof(info->bus_info));
}
