// SPDX-License-Identifier: GPL-2.0-only
// Socket buffers.

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include "helpers.h"

struct sk_buff *rust_helper_napi_alloc_skb(struct napi_struct *napi, u32 len)
{
	return napi_alloc_skb(napi, len);
}

/* NULL instead of a panic when there is no room. */
void *rust_helper_skb_put(struct sk_buff *skb, u32 len)
{
	if (skb_is_nonlinear(skb) || skb_tailroom(skb) < len)
		return NULL;
	return __skb_put(skb, len);
}

void rust_helper_skb_add_frag(struct sk_buff *skb, void *pages, size_t offset, size_t len, u32 truesize)
{
	struct page *page = virt_to_head_page(pages);

	get_page(page);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, offset, len, truesize);
}

void rust_helper_skb_receive_setup(struct sk_buff *skb, struct net_device *dev, __be16 protocol, bool checksummed)
{
	skb->dev = dev;
	skb->protocol = protocol;
	skb->ip_summed = checksummed ? CHECKSUM_UNNECESSARY : CHECKSUM_NONE;
	skb->pkt_type = PACKET_HOST;
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
}

void rust_helper_kfree_skb(struct sk_buff *skb)
{
	dev_kfree_skb_any(skb);
}

void rust_helper_consume_skb(struct sk_buff *skb)
{
	dev_consume_skb_any(skb);
}

u32 rust_helper_skb_len(const struct sk_buff *skb)
{
	return skb->len;
}

u16 rust_helper_skb_protocol(const struct sk_buff *skb)
{
	return ntohs(skb->protocol);
}

bool rust_helper_skb_checksum_partial(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_PARTIAL;
}

u32 rust_helper_skb_csum_start(const struct sk_buff *skb)
{
	return skb_checksum_start_offset(skb);
}

u32 rust_helper_skb_csum_offset(const struct sk_buff *skb)
{
	return skb->csum_offset;
}

void rust_helper_skb_queue_head_init(struct sk_buff_head *list)
{
	__skb_queue_head_init(list);
}

void rust_helper_skb_queue_tail(struct sk_buff_head *list, struct sk_buff *skb)
{
	__skb_queue_tail(list, skb);
}

struct sk_buff *rust_helper_skb_dequeue(struct sk_buff_head *list)
{
	return __skb_dequeue(list);
}
