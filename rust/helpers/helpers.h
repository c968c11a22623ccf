/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Rust cannot call by itself: inline functions, macros, and whatever differs between kernel versions.
 * One prototype per helper, the same on every kernel; the `#if`s are in the C files, by what Kbuild finds in the kernel's headers.
 *
 *   since   what changed                                                              handled in
 *   6.2     ethtool has transmit aggregation: `tx_aggr_...`                           ethtool.c
 *   6.3     `struct bus_type` becomes const, in one place after the other up to 6.12  mhi.c
 *   6.9     pm_runtime_get_if_active() takes one argument                             device.c
 *   6.9     MHI: mhi_controller.name, ready_timeout_ms, edl_trigger (some in OpenWrt's 6.6)  mhi.c
 *   6.12    fragments that the processor cannot read: skb_frags_readable()            skbuff.c
 *   6.15    newlink() takes `struct rtnl_newlink_params`                              rtnl.c
 *           pci_alloc_irq_vectors() is a function in some kernels, inline in others   pci.c
 *
 * Not used, since they came or went: timer_setup() and from_timer() (timer_container_of() since 6.16), hrtimer_init()
 * (hrtimer_setup() since 6.13), tasklets, mhi_queue_dma(), mhi_device_get(), mhi_prepare_for_transfer_autoqueue().
 */
#ifndef RUST_HELPERS_H
#define RUST_HELPERS_H

#include <linux/ethtool.h>
#include <linux/mhi.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>

/* print.c */
__printf(3, 4) void rust_helper_dev_printk(char level, const struct device *dev, const char *format, ...);
__printf(2, 3) void rust_helper_printk(char level, const char *format, ...);
bool rust_helper_ratelimit(void);
void rust_helper_panic(const char *message);

/* sync.c */
void rust_helper_spin_lock_init(spinlock_t *lock, const char *name, struct lock_class_key *key);
void rust_helper_spin_lock_bh(spinlock_t *lock);
void rust_helper_spin_unlock_bh(spinlock_t *lock);
void rust_helper_spin_lock(spinlock_t *lock);
void rust_helper_spin_unlock(spinlock_t *lock);
void rust_helper_rcu_read_lock(void);
void rust_helper_rcu_read_unlock(void);
void rust_helper_rtnl_lock(void);
void rust_helper_rtnl_unlock(void);

/* memory.c */
void *rust_helper_alloc(size_t size, bool may_sleep);
void rust_helper_free(const void *ptr);
void *rust_helper_pages_alloc(unsigned int order, bool may_sleep);
void rust_helper_pages_put(void *address);
size_t rust_helper_pages_size(void *address);
void rust_helper_pages_lend(void *address);
bool rust_helper_pages_return(void *address);
bool rust_helper_pages_are_ours(void *address);

/* device.c */
struct device *rust_helper_get_device(struct device *dev);
void rust_helper_put_device(struct device *dev);
bool rust_helper_device_is_registered(struct device *dev);
void *rust_helper_dev_get_drvdata(const struct device *dev);
void rust_helper_dev_set_drvdata(struct device *dev, void *data);
int rust_helper_pm_runtime_get(struct device *dev);
void rust_helper_pm_runtime_put(struct device *dev);
bool rust_helper_pm_keep_awake(struct device *dev);
void rust_helper_pm_let_sleep(struct device *dev);

/* tap.c */
void rust_helper_taps_begin(void);
void rust_helper_taps_end(void);
bool rust_helper_netdev_is_tapped(struct net_device *dev);
void rust_helper_netdev_tap(struct net_device *dev, const void *data, size_t len, bool sent);

/* pci.c */
int rust_helper_pci_claim(struct pci_dev *pdev, int bar, bool bus_reset, void __iomem **regs, size_t *len);
int rust_helper_pci_alloc_msi(struct pci_dev *pdev, unsigned int most);
int rust_helper_pci_set_dma_mask(struct pci_dev *pdev, unsigned int bits);
void rust_helper_pci_ids(const struct pci_dev *pdev, u16 ids[4]);
struct device *rust_helper_pci_dev_to_dev(struct pci_dev *pdev);
int rust_helper_pci_rebind(struct pci_dev *pdev, u32 info);
int rust_helper_pci_rebound(const struct pci_dev *pdev);
void rust_helper_pci_stop_rebinding(void);
void rust_helper_pci_restore(struct pci_dev *pdev);
void rust_helper_pci_sleep(struct pci_driver *driver, const struct dev_pm_ops *ops);
void rust_helper_pci_allow_sleep(struct pci_dev *pdev, u32 idle_ms);
void rust_helper_pci_forbid_sleep(struct pci_dev *pdev);
int rust_helper_device_announce(struct device *dev, const char *name, const char *value);
void rust_helper_pci_driver_attribute(struct pci_driver *driver, const char *name,
				      ssize_t (*show)(struct device *dev, struct device_attribute *attr, char *buf));
ssize_t rust_helper_sysfs_emit(char *buf, const char *line);
u32 rust_helper_readl(const void __iomem *addr);
void rust_helper_writel(u32 value, void __iomem *addr);

/* mhi.c */
void rust_helper_mhi_set_name(struct mhi_controller *mhi_cntrl, const char *name);
void rust_helper_mhi_set_ready_timeout(struct mhi_controller_config *config, u32 ms);
void rust_helper_mhi_disown(struct mhi_device *mhi_dev);
void rust_helper_mhi_set_edl(struct mhi_controller *mhi_cntrl, const char *image);
bool rust_helper_crash_dump(void);
ssize_t rust_helper_mhi_give_dump(struct mhi_controller *mhi_cntrl);
unsigned int rust_helper_mode(void);
int rust_helper_mhi_watch(const struct mhi_driver *driver, void (*appeared)(struct mhi_device *mhi_dev));
void rust_helper_mhi_unwatch(void);
bool rust_helper_mhi_refused(struct mhi_device *mhi_dev);
void rust_helper_mhi_release(struct mhi_device *mhi_dev, void (*remove)(struct mhi_device *mhi_dev));
bool rust_helper_mhi_will_reset(const struct mhi_controller *mhi_cntrl);

/* net.c */
struct rust_netdev_shape {
	u32 mtu;
	u32 min_mtu;
	u32 max_mtu;
	u32 tx_queue_len;
	bool checksum_offload;
	/* Packets that the driver cuts one into at most; 0: it cuts none. */
	u16 max_segments;
};
void *rust_helper_netdev_priv(const struct net_device *dev);
void rust_helper_netdev_shape_raw_ip(struct net_device *dev, const struct net_device_ops *ops,
				     const struct ethtool_ops *ethtool, const struct rust_netdev_shape *shape,
				     void (*destroy)(struct net_device *dev), bool free);
netdev_features_t rust_helper_netdev_features_check(struct sk_buff *skb, struct net_device *dev, netdev_features_t features);
void rust_helper_napi_gro_flush(struct napi_struct *napi);
int rust_helper_netdev_alloc_stats(struct net_device *dev);
void rust_helper_netdev_free_stats(struct net_device *dev);
void rust_helper_netdev_set_parent(struct net_device *dev, struct device *parent);
const struct net_device_ops *rust_helper_netdev_ops(const struct net_device *dev);
void rust_helper_netdev_announce(struct net_device *dev);
int rust_helper_netdev_index(const struct net_device *dev);
bool rust_helper_netdev_running(const struct net_device *dev);
bool rust_helper_netdev_has_rx_handler(const struct net_device *dev);
u32 rust_helper_netdev_mtu(const struct net_device *dev);
bool rust_helper_netdev_rx_checksum(const struct net_device *dev);
bool rust_helper_netdev_rx_merge(const struct net_device *dev);
void rust_helper_netdev_rx_add(struct net_device *dev, u32 packets, u64 bytes);
void rust_helper_netdev_tx_add(struct net_device *dev, u32 packets, u64 bytes);
void rust_helper_netdev_rx_error(struct net_device *dev);
void rust_helper_netdev_rx_dropped(struct net_device *dev);
void rust_helper_netdev_tx_dropped(struct net_device *dev, u32 packets);
void rust_helper_netdev_tx_aborted(struct net_device *dev, u32 packets);
void rust_helper_netdev_wait_unused(struct net_device *dev);
void rust_helper_dev_hold(struct net_device *dev);
void rust_helper_dev_put(struct net_device *dev);
void rust_helper_netif_stop_queue(struct net_device *dev);
void rust_helper_netif_wake_queue(struct net_device *dev);
bool rust_helper_netdev_sent(struct net_device *dev, u32 packets, u32 bytes, bool more);
void rust_helper_netdev_completed(struct net_device *dev, u32 packets, u32 bytes);
void rust_helper_netdev_reset_queue(struct net_device *dev, u32 least);
bool rust_helper_netdev_xmit_more(void);
void rust_helper_netif_napi_add(struct net_device *dev, struct napi_struct *napi,
				int (*poll)(struct napi_struct *napi, int budget));
void rust_helper_napi_schedule(struct napi_struct *napi);
struct net_device *rust_helper_napi_dev(struct napi_struct *napi);
void rust_helper_napi_gro_receive(struct napi_struct *napi, struct sk_buff *skb);
const struct nla_policy *rust_helper_rmnet_policy(void);

/* rtnl.c: struct rtnl_link_ops without the parts that change from kernel to kernel */
struct rust_rtnl_callbacks {
	void (*setup)(struct net_device *dev);
	int (*newlink)(struct net_device *dev, struct net_device *base, struct nlattr **data,
		       struct netlink_ext_ack *extack);
	int (*changelink)(struct net_device *dev, struct nlattr **data, struct netlink_ext_ack *extack);
	void (*dellink)(struct net_device *dev, struct list_head *head);
	int (*fill_info)(struct sk_buff *skb, const struct net_device *dev);
};
struct rust_rtnl_ops;
int rust_helper_rtnl_register(struct rust_rtnl_ops **out, const char *kind, size_t priv_size, u32 maxtype,
			      const struct nla_policy *policy, size_t info_size,
			      const struct rust_rtnl_callbacks *callbacks);
void rust_helper_rtnl_unregister(struct rust_rtnl_ops *ops);
u16 rust_helper_nla_get_u16(const struct nlattr *attr);
int rust_helper_nla_len(const struct nlattr *attr);
const void *rust_helper_nla_data(const struct nlattr *attr);
void rust_helper_nl_set_err(struct netlink_ext_ack *extack, const char *literal);
void rust_helper_list_init(struct list_head *head);
void rust_helper_unregister_queue(struct net_device *dev, struct list_head *head);

/* skbuff.c */
struct sk_buff *rust_helper_skb_receive(struct napi_struct *napi, struct net_device *dev, __be16 protocol,
					bool checksummed, const void *head, u32 len);
bool rust_helper_skb_add_frag(struct sk_buff *skb, void *pages, size_t offset, size_t len, u32 truesize);
void rust_helper_skb_merged(struct sk_buff *skb, u32 size, u16 count, u32 transport, bool v6, bool fixed_id);
/* A packet that is to be cut up, by its gso_type. */
struct rust_gso {
	/* Bytes of data in each segment. */
	u32 size;
	/* Where the transport header begins, and where it ends: all of it is linear. */
	u32 transport;
	u32 headers;
	/* IPPROTO_... */
	u8 protocol;
	bool fixed_id;
};
bool rust_helper_skb_is_gso(const struct sk_buff *skb);
bool rust_helper_skb_gso(const struct sk_buff *skb, struct rust_gso *gso);
/* A packet's bytes, read from front to back. */
struct rust_skb_reader {
	const struct sk_buff *skb;
	/* The rest of the piece at hand. */
	const u8 *data;
	u32 left;
	/* Bytes of the whole packet, and of those read. */
	u32 len;
	u32 offset;
	/* The piece that follows. */
	u32 frag;
	bool plain;
};
void rust_helper_skb_reader_init(struct rust_skb_reader *reader, const struct sk_buff *skb);
bool rust_helper_skb_reader_read(struct rust_skb_reader *reader, void *to, u32 len);
const void *rust_helper_skb_data(const struct sk_buff *skb);
void rust_helper_kfree_skb(struct sk_buff *skb);
void rust_helper_consume_skb(struct sk_buff *skb);
u32 rust_helper_skb_len(const struct sk_buff *skb);
u16 rust_helper_skb_protocol(const struct sk_buff *skb);
bool rust_helper_skb_checksum_partial(const struct sk_buff *skb);
u32 rust_helper_skb_csum_start(const struct sk_buff *skb);
u32 rust_helper_skb_csum_offset(const struct sk_buff *skb);
void rust_helper_skb_queue_head_init(struct sk_buff_head *list);
void rust_helper_skb_queue_tail(struct sk_buff_head *list, struct sk_buff *skb);
struct sk_buff *rust_helper_skb_dequeue(struct sk_buff_head *list);

/* workqueue.c */
void rust_helper_periodic_work_init(struct delayed_work *work, void (*run)(struct work_struct *work), bool wakes);
void rust_helper_periodic_work_queue(struct delayed_work *work, u32 period_ms, bool thawed);
void rust_helper_periodic_work_cancel(struct delayed_work *work);

/* time.c */
void rust_helper_sleep_ms(u32 ms);

/* ethtool.c */
struct rust_tx_aggregation {
	u32 max_bytes;
	u32 max_frames;
	u32 time_usecs;
};
void rust_helper_ethtool_aggregation_get(struct kernel_ethtool_coalesce *to, const struct rust_tx_aggregation *from);
void rust_helper_ethtool_aggregation_set(const struct kernel_ethtool_coalesce *from, struct rust_tx_aggregation *to);
void rust_helper_ethtool_string(u8 *data, size_t index, const char *name);
void rust_helper_ethtool_driver(struct ethtool_drvinfo *info, const char *driver, const char *version,
				const struct net_device *dev);

#endif
