// SPDX-License-Identifier: GPL-2.0-only
// MAP frames, which are no packets of the stack's, for those who look at all that passes an interface.

#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include "helpers.h"

/* Ours have been shown, and that is all. Other drivers' are what they were before: packets that nobody takes. */
static int taken(struct sk_buff *skb, struct net_device *dev, struct packet_type *type, struct net_device *from)
{
	const struct device_driver *driver = dev->dev.parent ? READ_ONCE(dev->dev.parent->driver) : NULL;

	if (driver && driver->owner == THIS_MODULE) {
		consume_skb(skb);
		return NET_RX_SUCCESS;
	}
	DEV_STATS_INC(dev, rx_dropped);
	kfree_skb(skb);
	return NET_RX_DROP;
}

static struct packet_type behind_taps = { .type = cpu_to_be16(ETH_P_MAP), .func = taken };

void rust_helper_taps_begin(void)
{
	dev_add_pack(&behind_taps);
}

void rust_helper_taps_end(void)
{
	dev_remove_pack(&behind_taps);
}

bool rust_helper_netdev_is_tapped(struct net_device *dev)
{
	return dev_nit_active(dev);
}

void rust_helper_netdev_tap(struct net_device *dev, const void *data, size_t len, bool sent)
{
	struct sk_buff *skb = netdev_alloc_skb(dev, len);

	if (!skb)
		return;
	skb_put_data(skb, data, len);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_MAP);
	if (sent) {
		dev_queue_xmit_nit(skb, dev);
		consume_skb(skb);
	} else {
		netif_receive_skb(skb);
	}
}
