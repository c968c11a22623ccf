// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces without a modem: what the network stack costs by itself.
 *
 * Packets to send are done with at once, whatever their offloads. Packets received are made by the NAPI poll, of a fresh head
 * and one page that all of them share, and go through GRO. As with a modem's links there is one poll for all interfaces, and
 * datagrams for several of them come in turn. To have TCP on the first one, it plays the emulated modem's services as far as the
 * benchmark uses them: one that sends (port 5001), one that takes (5002), and echo requests. Nothing is ever lost here, so
 * nothing is ever repeated.
 *
 * What this module executes is counted apart, and is no part of the floor.
 */
#include <linux/etherdevice.h>
#include <linux/icmp.h>
#include <linux/if_arp.h>
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/tcp.h>

#define LINKS 64
#define FLOWS 16
#define SEGMENT 1400
#define SOURCE 5001
#define SINK 5002
#define DISCARD 9

/* A TCP connection of the host's. */
struct flow {
	bool used;
	bool answered; /* SYN */
	bool asked; /* the request line has come */
	bool ack; /* to send */
	bool fin; /* to send */
	__be16 port, peer;
	__be32 host, there;
	u32 received; /* the next sequence number expected */
	u32 sent, acknowledged;
	u32 window;
	u8 scale;
	u64 total, left;
	u32 start; /* of the data received */
};

static struct net_device *floors[LINKS]; /* the first one's NAPI is that of all */
static struct napi_struct napi;
static struct page *payload;
static struct flow flows[FLOWS];
static struct sk_buff_head echoes;
static struct sk_buff_head made; /* by the poll; GRO gets them without the lock, since the stack may answer at once */
static DEFINE_SPINLOCK(lock); /* all of the flows, and the blast */
static struct {
	u32 to, size, left, links, next;
} blast;

/* A packet with an IPv4 header and room for more headers; the rest is of the shared page. */
static struct sk_buff *packet(u8 protocol, __be32 from, __be32 to, unsigned int headers, unsigned int data)
{
	struct sk_buff *skb = napi_alloc_skb(&napi, 128);
	struct iphdr *ip;

	if (!skb)
		return NULL;
	ip = skb_put(skb, sizeof(*ip) + headers);
	memset(ip, 0, sizeof(*ip) + headers);
	if (data) {
		get_page(payload);
		skb_add_rx_frag(skb, 0, payload, 0, data, SKB_TRUESIZE(data));
	}
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons(skb->len);
	ip->frag_off = htons(IP_DF);
	ip->ttl = 64;
	ip->protocol = protocol;
	ip->saddr = from;
	ip->daddr = to;
	ip_send_check(ip);
	skb->protocol = htons(ETH_P_IP);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb_reset_mac_header(skb);
	return skb;
}

/* For the next interface: its address is as that of a modem's next session. */
static bool datagram(void)
{
	struct sk_buff *skb = packet(IPPROTO_UDP, htonl(0xc0000201), htonl(blast.to + (blast.next << 8)), sizeof(struct udphdr),
				     blast.size - sizeof(struct iphdr) - sizeof(struct udphdr));
	struct udphdr *udp;

	if (!skb)
		return false;
	skb->dev = floors[blast.next];
	blast.next = (blast.next + 1) % blast.links;
	udp = (void *)(skb->data + sizeof(struct iphdr));
	udp->source = udp->dest = htons(DISCARD);
	udp->len = htons(blast.size - sizeof(struct iphdr));
	__skb_queue_tail(&made, skb);
	return true;
}

static void segment(struct flow *flow, unsigned int data, bool syn, bool fin)
{
	/* MSS, and a window in units of 16 bytes. */
	static const u8 options[] = { 2, 4, SEGMENT >> 8, SEGMENT & 255, 1, 3, 3, 4 };
	struct sk_buff *skb = packet(IPPROTO_TCP, flow->there, flow->host,
				     sizeof(struct tcphdr) + (syn ? sizeof(options) : 0), data);
	struct tcphdr *tcp;

	if (!skb)
		return;
	tcp = (void *)(skb->data + sizeof(struct iphdr));
	tcp->source = flow->port;
	tcp->dest = flow->peer;
	tcp->seq = htonl(flow->sent);
	tcp->ack_seq = htonl(flow->received);
	tcp->doff = syn ? 7 : 5;
	tcp->syn = syn;
	tcp->fin = fin;
	tcp->ack = 1;
	tcp->window = htons(syn ? 65535 : 512 * 1024 >> 4);
	if (syn)
		memcpy(tcp + 1, options, sizeof(options));
	flow->sent += data + syn + fin;
	flow->ack = false;
	__skb_queue_tail(&made, skb);
}

/* What a flow has to send, up to a number of packets; says how many. */
static int serve(struct flow *flow, int budget)
{
	int done = 0;

	if (flow->used && !flow->answered && done < budget) {
		flow->answered = true;
		segment(flow, 0, true, false);
		done++;
	}
	while (flow->used && flow->left && done < budget) {
		u32 data = min_t(u64, flow->left, SEGMENT);

		if (flow->sent + data - flow->acknowledged > flow->window)
			break;
		flow->left -= data;
		segment(flow, data, false, false);
		done++;
	}
	if (flow->used && (flow->ack || flow->fin) && done < budget) {
		segment(flow, 0, false, flow->fin);
		if (flow->fin)
			flow->used = false;
		flow->fin = false;
		done++;
	}
	return done;
}

static int poll(struct napi_struct *napi, int budget)
{
	struct sk_buff *skb;
	int done = 0;

	while (done < budget && (skb = skb_dequeue(&echoes))) {
		napi_gro_receive(napi, skb);
		done++;
	}
	spin_lock_bh(&lock);
	for (int i = 0; i < FLOWS; i++)
		done += serve(&flows[i], budget - done);
	while (done < budget && blast.left && datagram()) {
		blast.left--;
		done++;
	}
	spin_unlock_bh(&lock);
	while ((skb = __skb_dequeue(&made)))
		napi_gro_receive(napi, skb);
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

static struct flow *flow_of(const struct iphdr *ip, const struct tcphdr *tcp)
{
	struct flow *free = NULL;

	for (int i = 0; i < FLOWS; i++) {
		if (flows[i].used && flows[i].peer == tcp->source)
			return &flows[i];
		if (!flows[i].used)
			free = &flows[i];
	}
	if (!tcp->syn || !free)
		return NULL;
	*free = (struct flow){ .used = true, .port = tcp->dest, .peer = tcp->source, .host = ip->saddr, .there = ip->daddr,
			       .received = ntohl(tcp->seq), .sent = 1000, .acknowledged = 1000 };
	return free;
}

/* The scale of the host's window, from a SYN's options. */
static u8 scale(const u8 *option, const u8 *end)
{
	while (option + 2 < end && *option) {
		if (*option == 1) {
			option++;
			continue;
		}
		if (option[0] == 3)
			return option[2];
		option += max_t(u8, option[1], 2);
	}
	return 0;
}

/* "SEED BYTES\n" */
static void request(struct flow *flow, struct sk_buff *skb, unsigned int offset, unsigned int length)
{
	char line[64] = {};
	u64 seed;

	if (length >= sizeof(line) || skb_copy_bits(skb, offset, line, length) ||
	    sscanf(line, "%llu %llu", &seed, &flow->total) != 2)
		return;
	flow->asked = true;
	flow->start = flow->received + length;
	if (flow->port == htons(SOURCE))
		flow->left = flow->total;
}

static void take_segment(struct sk_buff *skb, const struct iphdr *ip)
{
	const struct tcphdr *tcp = (void *)((u8 *)ip + sizeof(*ip));
	unsigned int offset = sizeof(*ip) + tcp->doff * 4, length = skb->len - offset;
	struct flow *flow;

	spin_lock_bh(&lock);
	flow = flow_of(ip, tcp);
	if (flow && tcp->rst) {
		flow->used = false;
	} else if (flow && ntohl(tcp->seq) == flow->received) {
		if (tcp->syn)
			flow->scale = scale((u8 *)(tcp + 1), (u8 *)tcp + tcp->doff * 4);
		if (tcp->ack)
			flow->acknowledged = ntohl(tcp->ack_seq);
		flow->window = tcp->syn ? 0 : ntohs(tcp->window) << flow->scale;
		if (length && !flow->asked)
			request(flow, skb, offset, length);
		flow->received += length + tcp->syn + tcp->fin;
		flow->ack |= length != 0;
		flow->fin |= tcp->fin;
		/* The verdict: the shared page begins with "ok". */
		if (length && flow->asked && flow->port == htons(SINK) && flow->received - flow->start == flow->total)
			flow->left = 2;
	}
	spin_unlock_bh(&lock);
}

static void take_echo(struct sk_buff *skb)
{
	struct sk_buff *answer = skb_copy(skb, GFP_ATOMIC);
	struct iphdr *ip;
	struct icmphdr *icmp;

	if (!answer)
		return;
	skb_scrub_packet(answer, true);
	answer->dev = floors[0];
	answer->protocol = htons(ETH_P_IP);
	answer->ip_summed = CHECKSUM_UNNECESSARY;
	skb_reset_mac_header(answer);
	ip = (void *)answer->data;
	icmp = (void *)(ip + 1);
	swap(ip->saddr, ip->daddr);
	icmp->type = ICMP_ECHOREPLY;
	icmp->checksum = 0;
	icmp->checksum = ip_compute_csum(icmp, answer->len - sizeof(*ip));
	skb_queue_tail(&echoes, answer);
}

static netdev_tx_t start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	const struct iphdr *ip = (void *)skb->data;

	if (skb_headlen(skb) >= sizeof(*ip) && ip->version == 4 && ip->ihl == 5) {
		if (ip->protocol == IPPROTO_TCP && skb_headlen(skb) >= sizeof(*ip) + sizeof(struct tcphdr)) {
			take_segment(skb, ip);
			napi_schedule(&napi);
		} else if (ip->protocol == IPPROTO_ICMP && skb_headlen(skb) >= sizeof(*ip) + sizeof(struct icmphdr)) {
			take_echo(skb);
			napi_schedule(&napi);
		}
	}
	consume_skb(skb);
	return NETDEV_TX_OK;
}

/* ADDRESS SIZE COUNT LINKS: datagrams that come by themselves on the first interfaces; SIZE is the packet's. */
static int set_blast(const char *text, const struct kernel_param *parameter)
{
	u8 a, b, c, d;
	u32 size, count, links;

	if (!floors[0] || sscanf(text, "%hhu.%hhu.%hhu.%hhu %u %u %u", &a, &b, &c, &d, &size, &count, &links) != 7 ||
	    size < 29 || size > 1500 || !links || links > LINKS)
		return -EINVAL;
	spin_lock_bh(&lock);
	blast.to = (u32)a << 24 | b << 16 | c << 8 | d;
	blast.size = size;
	blast.left = count;
	blast.links = links;
	blast.next = 0;
	spin_unlock_bh(&lock);
	local_bh_disable();
	napi_schedule(&napi);
	local_bh_enable();
	return 0;
}

static const struct kernel_param_ops blast_ops = { .set = set_blast };
module_param_cb(blast, &blast_ops, NULL, 0200);

static int open(struct net_device *dev)
{
	if (dev == floors[0])
		napi_enable(&napi);
	netif_start_queue(dev);
	return 0;
}

static int stop(struct net_device *dev)
{
	netif_stop_queue(dev);
	if (dev == floors[0])
		napi_disable(&napi);
	return 0;
}

static const struct net_device_ops ops = { .ndo_open = open, .ndo_stop = stop, .ndo_start_xmit = start_xmit };

static void setup(struct net_device *dev)
{
	dev->netdev_ops = &ops;
	dev->type = ARPHRD_RAWIP;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->mtu = 1500;
	dev->tx_queue_len = 1000;
	dev->features = dev->hw_features = NETIF_F_SG | NETIF_F_HIGHDMA | NETIF_F_HW_CSUM | NETIF_F_ALL_TSO | NETIF_F_GSO_UDP_L4 |
					   NETIF_F_RXCSUM;
}

static void floor_exit(void)
{
	for (int i = LINKS - 1; i >= 0; i--) {
		if (floors[i] && floors[i]->reg_state == NETREG_REGISTERED)
			unregister_netdev(floors[i]);
	}
	for (int i = LINKS - 1; i >= 0; i--) {
		if (floors[i])
			free_netdev(floors[i]);
	}
	skb_queue_purge(&echoes);
	if (payload)
		put_page(payload);
}

static int __init floor_init(void)
{
	int error = 0;

	skb_queue_head_init(&echoes);
	__skb_queue_head_init(&made);
	payload = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!payload)
		return -ENOMEM;
	memcpy(page_address(payload), "ok", 2);
	for (int i = 0; i < LINKS && !error; i++) {
		floors[i] = alloc_netdev(0, "floor%d", NET_NAME_ENUM, setup);
		if (floors[i] && i == 0)
			netif_napi_add(floors[i], &napi, poll);
		error = floors[i] ? register_netdev(floors[i]) : -ENOMEM;
	}
	if (error)
		floor_exit();
	return error;
}

module_init(floor_init);
module_exit(floor_exit);
MODULE_DESCRIPTION("Interfaces without a modem");
MODULE_LICENSE("GPL");
