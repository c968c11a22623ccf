// SPDX-License-Identifier: GPL-2.0-only
// Socket buffers.

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include "helpers.h"

/* A packet that begins with a copy of head; NULL without memory. From the poll of napi. */
struct sk_buff *rust_helper_skb_receive(struct napi_struct *napi, struct net_device *dev, __be16 protocol,
					bool checksummed, const void *head, u32 len)
{
	struct sk_buff *skb = napi_alloc_skb(napi, len);

	if (unlikely(!skb))
		return NULL;
	__skb_put_data(skb, head, len);
	skb->dev = dev;
	skb->protocol = protocol;
	skb->ip_summed = checksummed ? CHECKSUM_UNNECESSARY : CHECKSUM_NONE;
	skb->pkt_type = PACKET_HOST;
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	return skb;
}

/* False when there is no room. */
bool rust_helper_skb_add_frag(struct sk_buff *skb, void *pages, size_t offset, size_t len, u32 truesize)
{
	struct page *page = virt_to_head_page(pages);
	int index = skb_shinfo(skb)->nr_frags;

	if (index >= MAX_SKB_FRAGS)
		return false;
	get_page(page);
	skb_add_rx_frag(skb, index, page, offset, len, truesize);
	return true;
}

/* What napi_gro_complete() leaves of TCP packets that were merged. */
void rust_helper_skb_merged(struct sk_buff *skb, u32 size, u16 count, u32 transport, bool v6, bool fixed_id)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	info->gso_size = size;
	info->gso_segs = count;
	info->gso_type = (v6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4) | (fixed_id ? SKB_GSO_TCP_FIXEDID : 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + transport;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

bool rust_helper_skb_is_gso(const struct sk_buff *skb)
{
	return skb_is_gso(skb);
}

/* False for kinds that the device does not offer, and for headers that are not where they should be. */
bool rust_helper_skb_gso(const struct sk_buff *skb, struct rust_gso *gso)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	int transport = skb_transport_offset(skb);
	u32 headers;

	if (!skb_transport_header_was_set(skb) || transport <= 0)
		return false;
	if (info->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) {
		gso->protocol = IPPROTO_TCP;
		headers = transport + sizeof(struct tcphdr);
		if (headers > skb_headlen(skb))
			return false;
		headers = transport + tcp_hdrlen(skb);
	} else if (info->gso_type & SKB_GSO_UDP_L4) {
		gso->protocol = IPPROTO_UDP;
		headers = transport + sizeof(struct udphdr);
	} else {
		return false;
	}
	if (headers > skb_headlen(skb))
		return false;
	gso->size = info->gso_size;
	gso->transport = transport;
	gso->headers = headers;
	gso->fixed_id = info->gso_type & SKB_GSO_TCP_FIXEDID;
	return true;
}

/* Pieces that have no address of their own, or are in further buffers, are looked up at each read. */
void rust_helper_skb_reader_init(struct rust_skb_reader *reader, const struct sk_buff *skb)
{
	bool plain = !IS_ENABLED(CONFIG_HIGHMEM) && !skb_has_frag_list(skb);

#ifdef RMNET_MHI_HAVE_UNREADABLE_FRAGS
	plain = plain && skb_frags_readable(skb);
#endif
	reader->skb = skb;
	reader->len = skb->len;
	reader->data = skb->data;
	reader->left = plain ? skb_headlen(skb) : 0;
	reader->offset = 0;
	reader->frag = 0;
	reader->plain = plain;
}

/* Copies the next bytes, which the caller knows to be there. */
bool rust_helper_skb_reader_read(struct rust_skb_reader *reader, void *to, u32 len)
{
	const struct skb_shared_info *info = skb_shinfo(reader->skb);

	if (!reader->plain) {
		if (skb_copy_bits(reader->skb, reader->offset, to, len))
			return false;
		reader->offset += len;
		return true;
	}
	for (;;) {
		u32 now = min(len, reader->left);

		memcpy(to, reader->data, now);
		reader->data += now;
		reader->left -= now;
		reader->offset += now;
		len -= now;
		if (!len)
			return true;
		to += now;
		if (reader->frag >= info->nr_frags)
			return false;
		reader->data = skb_frag_address(&info->frags[reader->frag]);
		reader->left = skb_frag_size(&info->frags[reader->frag]);
		reader->frag++;
	}
}

const void *rust_helper_skb_data(const struct sk_buff *skb)
{
	return skb->data;
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
