// SPDX-License-Identifier: GPL-2.0
/*
 * GSO for the native protocol, over either IP version: cutting a packet of up to 64 KiB
 * into segments, at the last moment before a device that does not take it whole.
 */
#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <net/ip6_checksum.h>
#include <net/protocol.h>
#include "../compat.h"
#include "../uapi/xtcp.h"
#include "offload.h"
#include "segment.h"

static __sum16 pseudo_header(const struct sk_buff *skb, u32 len)
{
	const struct iphdr *iph = ip_hdr(skb);

#if IS_ENABLED(CONFIG_IPV6)
	if (iph->version == 6)
		return csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, len,
				       IPPROTO_XTCP, 0);
#endif
	return csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_XTCP, 0);
}

/* All but the last segment lack FIN and PSH; all but the first, CWR. */
static void segment_header(struct sk_buff *skb, u32 seq, bool first)
{
	struct tcphdr *th = tcp_hdr(skb);
	u32 len = skb->len - skb_transport_offset(skb);
	__sum16 pseudo = pseudo_header(skb, len);

	th->seq = htonl(seq);
	if (skb->next) {
		th->fin = 0;
		th->psh = 0;
	}
	if (!first)
		th->cwr = 0;
	/* the pseudo-header's part; the rest is the device's, or is added now */
	th->check = ~pseudo;
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		th->check = gso_make_checksum(skb,
					      (__force __wsum)~(__force u32)th->check);
}

/**
 * xtcp_gso_segment() - cut a GSO packet of the native protocol into segments
 * @skb: skb->data is the TCP header
 * @features: what the device can do
 *
 * Softirq or process context, called by the IP layer's GSO.
 *
 * Return: the segments, linked by next; NULL where the device takes @skb whole;
 * -EINVAL for an skb that no xtcp made
 */
static struct sk_buff *xtcp_gso_segment(struct sk_buff *skb,
					netdev_features_t features)
{
	u32 mss = skb_shinfo(skb)->gso_size, header_bytes, seq;
	struct sk_buff *segs, *seg;

	if (!(skb_shinfo(skb)->gso_type & XTCP_GSO_TYPE) || !mss ||
	    !pskb_may_pull(skb, XTCP_HEADER_BYTES))
		return ERR_PTR(-EINVAL);
	header_bytes = tcp_hdrlen(skb);
	if (header_bytes < XTCP_HEADER_BYTES || !pskb_may_pull(skb, header_bytes) ||
	    skb_checksum_start(skb) != skb_transport_header(skb) ||
	    skb->len - header_bytes <= mss)
		return ERR_PTR(-EINVAL);
	if (skb_gso_ok(skb, features | NETIF_F_GSO_ROBUST)) {
		/* from outside, perhaps: count anew */
		skb_shinfo(skb)->gso_segs =
			DIV_ROUND_UP(skb->len - header_bytes, mss);
		return NULL;
	}
	/* a device that sums up TCP alone does not know us */
	if (!(features & NETIF_F_HW_CSUM))
		features &= ~NETIF_F_CSUM_MASK;
	seq = ntohl(tcp_hdr(skb)->seq);
	__skb_pull(skb, header_bytes);
	segs = skb_segment(skb, features);
	if (IS_ERR(segs))
		return segs;
	for (seg = segs; seg; seg = seg->next) {
		segment_header(seg, seq, seg == segs);
		seq += mss;
	}
	return segs;
}

static const struct net_offload offload = {
	.callbacks.gso_segment = xtcp_gso_segment,
};

#if IS_ENABLED(CONFIG_IPV6)
static int offload6_init(void)
{
	return inet6_add_offload(&offload, IPPROTO_XTCP);
}

static void offload6_exit(void)
{
	inet6_del_offload(&offload, IPPROTO_XTCP);
}
#else
static int offload6_init(void)
{
	return 0;
}

static void offload6_exit(void)
{
}
#endif

/**
 * xtcp_offload_init() - let the IP layer cut the native protocol's packets
 *
 * At module load.  Return: 0, or -EBUSY where another module has protocol 253
 */
int xtcp_offload_init(void)
{
	if (inet_add_offload(&offload, IPPROTO_XTCP))
		return -EBUSY;
	if (!offload6_init())
		return 0;
	inet_del_offload(&offload, IPPROTO_XTCP);
	return -EBUSY;
}

/**
 * xtcp_offload_exit() - undo xtcp_offload_init()
 *
 * At module unload.
 */
void xtcp_offload_exit(void)
{
	offload6_exit();
	inet_del_offload(&offload, IPPROTO_XTCP);
}
