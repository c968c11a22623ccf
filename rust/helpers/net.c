// SPDX-License-Identifier: GPL-2.0-only
// Network devices and NAPI.

#include <linux/delay.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <net/gro.h>
#include <net/netlink.h>
#include "helpers.h"

void *rust_helper_netdev_priv(const struct net_device *dev)
{
	return netdev_priv(dev);
}

void rust_helper_netdev_shape_raw_ip(struct net_device *dev, const struct net_device_ops *ops,
				     const struct ethtool_ops *ethtool, const struct rust_netdev_shape *shape,
				     void (*destroy)(struct net_device *dev), bool free)
{
	dev->netdev_ops = ops;
	dev->ethtool_ops = ethtool;
	dev->type = ARPHRD_RAWIP;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->hard_header_len = 0;
	dev->addr_len = 0;
	dev->mtu = shape->mtu;
	dev->min_mtu = shape->min_mtu;
	dev->max_mtu = shape->max_mtu;
	dev->tx_queue_len = shape->tx_queue_len;
	/*
	 * Netconsole knows Ethernet only, and sends with interrupts disabled. The MHI core lets softirqs run all the same, which then
	 * wait for the sender's lock for ever.
	 */
	dev->priv_flags |= IFF_DISABLE_NETPOLL;
	if (shape->checksum_offload) {
		dev->hw_features = NETIF_F_SG | NETIF_F_RXCSUM | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM |
				   NETIF_F_GRO_HW;
		/* Packets are copied, from wherever their pieces are; the kernel gives up on none for that. */
		if (shape->max_segments)
			dev->hw_features |= NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN | NETIF_F_TSO_MANGLEID |
					    NETIF_F_GSO_UDP_L4 | NETIF_F_FRAGLIST;
		dev->features = dev->hw_features;
	}
	if (shape->max_segments)
		netif_set_tso_max_segs(dev, shape->max_segments);
	dev->priv_destructor = destroy;
	dev->needs_free_netdev = free;
}

/* The stack counts the segments of a packet from a virtual machine only after it has asked whether the device cuts it. */
netdev_features_t rust_helper_netdev_features_check(struct sk_buff *skb, struct net_device *dev, netdev_features_t features)
{
	if (skb_is_gso(skb) && skb_shinfo(skb)->gso_type & SKB_GSO_DODGY &&
	    DIV_ROUND_UP(skb->len, skb_shinfo(skb)->gso_size) > READ_ONCE(dev->gso_max_segs))
		features &= ~NETIF_F_GSO_MASK;
	return vlan_features_check(skb, features); /* as without this function */
}

/* All that it holds, so that none is left when the poll ends. */
void rust_helper_napi_gro_flush(struct napi_struct *napi)
{
	napi_gro_flush(napi, false);
}

int rust_helper_netdev_alloc_stats(struct net_device *dev)
{
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	return dev->tstats ? 0 : -ENOMEM;
}

void rust_helper_netdev_free_stats(struct net_device *dev)
{
	free_percpu(dev->tstats);
	dev->tstats = NULL;
}

void rust_helper_netdev_set_parent(struct net_device *dev, struct device *parent)
{
	SET_NETDEV_DEV(dev, parent);
}

const struct net_device_ops *rust_helper_netdev_ops(const struct net_device *dev)
{
	return dev->netdev_ops;
}

void rust_helper_netdev_announce(struct net_device *dev)
{
	kobject_uevent(&dev->dev.kobj, KOBJ_CHANGE);
}

int rust_helper_netdev_index(const struct net_device *dev)
{
	return dev->ifindex;
}

bool rust_helper_netdev_running(const struct net_device *dev)
{
	return netif_running(dev);
}

bool rust_helper_netdev_has_rx_handler(const struct net_device *dev)
{
	return rcu_access_pointer(dev->rx_handler);
}

u32 rust_helper_netdev_mtu(const struct net_device *dev)
{
	return READ_ONCE(dev->mtu);
}

bool rust_helper_netdev_rx_checksum(const struct net_device *dev)
{
	return dev->features & NETIF_F_RXCSUM;
}

bool rust_helper_netdev_rx_merge(const struct net_device *dev)
{
	return dev->features & NETIF_F_GRO_HW;
}

void rust_helper_netdev_rx_add(struct net_device *dev, u32 packets, u64 bytes)
{
	struct pcpu_sw_netstats *stats = this_cpu_ptr(dev->tstats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->rx_bytes, bytes);
	u64_stats_add(&stats->rx_packets, packets);
	u64_stats_update_end(&stats->syncp);
}

void rust_helper_netdev_tx_add(struct net_device *dev, u32 packets, u64 bytes)
{
	dev_sw_netstats_tx_add(dev, packets, bytes);
}

void rust_helper_netdev_rx_error(struct net_device *dev)
{
	DEV_STATS_INC(dev, rx_errors);
}

void rust_helper_netdev_rx_dropped(struct net_device *dev)
{
	DEV_STATS_INC(dev, rx_dropped);
}

void rust_helper_netdev_tx_dropped(struct net_device *dev, u32 packets)
{
	DEV_STATS_ADD(dev, tx_dropped, packets);
}

void rust_helper_netdev_tx_aborted(struct net_device *dev, u32 packets)
{
	DEV_STATS_ADD(dev, tx_errors, packets);
	DEV_STATS_ADD(dev, tx_aborted_errors, packets);
}

/* As unregistering does it, of a device that is not registered: one reference is its own. */
void rust_helper_netdev_wait_unused(struct net_device *dev)
{
	while (netdev_refcnt_read(dev) > 1)
		msleep(10);
}

void rust_helper_dev_hold(struct net_device *dev)
{
	dev_hold(dev);
}

void rust_helper_dev_put(struct net_device *dev)
{
	dev_put(dev);
}

void rust_helper_netif_stop_queue(struct net_device *dev)
{
	netif_stop_queue(dev);
}

void rust_helper_netif_wake_queue(struct net_device *dev)
{
	netif_wake_queue(dev);
}

/* The queue stops at its limit of bytes, once no more packets follow. */
bool rust_helper_netdev_sent(struct net_device *dev, u32 packets, u32 bytes, bool more)
{
	dev_sw_netstats_tx_add(dev, packets, bytes);
	__netdev_sent_queue(dev, bytes, more);
#ifdef CONFIG_BQL
	return test_bit(__QUEUE_STATE_STACK_XOFF, &netdev_get_tx_queue(dev, 0)->state);
#else
	return false;
#endif
}

/* Never more than was sent: the kernel takes that for a reason to stop altogether. */
void rust_helper_netdev_completed(struct net_device *dev, u32 packets, u32 bytes)
{
#ifdef CONFIG_BQL
	const struct dql *dql = &netdev_get_tx_queue(dev, 0)->dql;
	u32 sent = READ_ONCE(dql->num_queued) - dql->num_completed;

	if (WARN_ON_ONCE(bytes > sent))
		bytes = sent;
#endif
	netdev_completed_queue(dev, packets, bytes);
}

/* A larger limit_min of the administrator's stays. */
void rust_helper_netdev_reset_queue(struct net_device *dev, u32 least)
{
#ifdef CONFIG_BQL
	struct netdev_queue *queue = netdev_get_tx_queue(dev, 0);

	netdev_queue_set_dql_min_limit(queue, max(queue->dql.min_limit, least));
#endif
	netdev_reset_queue(dev);
}

bool rust_helper_netdev_xmit_more(void)
{
	return netdev_xmit_more();
}

void rust_helper_netif_napi_add(struct net_device *dev, struct napi_struct *napi,
				int (*poll)(struct napi_struct *napi, int budget))
{
	netif_napi_add(dev, napi, poll);
}

void rust_helper_napi_schedule(struct napi_struct *napi)
{
	/* From process context a raised softirq would wait for the next interrupt: the _bh pair runs it. */
	local_bh_disable();
	napi_schedule(napi);
	local_bh_enable();
}

struct net_device *rust_helper_napi_dev(struct napi_struct *napi)
{
	return napi->dev;
}

void rust_helper_napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb)
{
	napi_gro_receive(napi, skb);
}

const struct nla_policy *rust_helper_rmnet_policy(void)
{
	static const struct nla_policy policy[IFLA_RMNET_MAX + 1] = {
		[IFLA_RMNET_MUX_ID] = { .type = NLA_U16 },
		[IFLA_RMNET_FLAGS] = { .len = sizeof(struct ifla_rmnet_flags) },
	};

	return policy;
}
