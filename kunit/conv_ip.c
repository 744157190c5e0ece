// SPDX-License-Identifier: GPL-2.0
/*
 * The IP version of a conversation.  Tests name addresses by 32 bits.  Over IPv6 these are
 * the last of an address in 2001:db8::/32, 0 is every address, and 127.0.0.1 is ::1.  ICMP
 * errors and options of SOL_IP are named as IPv4's; over IPv6 they are those that say the
 * same.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/ip.h>
#include <net/dsfield.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include "conv.h"

/**
 * conv_addr() - an address of the conversation's IP version
 * @t: the conversation
 * @addr: by 32 bits
 *
 * Return: the address, of IPv4 as a mapped one
 */
struct in6_addr conv_addr(const struct conv *t, u32 addr)
{
	struct in6_addr a = { };

	if (!t->ip6) {
		xtcp_addr_from_v4(&a, htonl(addr));
	} else if (addr == INADDR_LOOPBACK) {
		a = in6addr_loopback;
	} else if (addr) {
		a.s6_addr32[0] = htonl(0x20010db8);
		a.s6_addr32[3] = htonl(addr);
	}
	return a;
}

/**
 * conv_sockaddr() - a user's address
 * @t: the conversation
 * @addr: the address, of IPv4 as a mapped one; one of a link is on the NIC's
 * @port: the port
 * @to: where to write it
 *
 * Return: its length in bytes
 */
int conv_sockaddr(const struct conv *t, const struct in6_addr *addr, u16 port,
		  struct sockaddr_storage *to)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *sin = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	if (t->ip6) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_addr = *addr;
		sin6->sin6_port = htons(port);
		if (__ipv6_addr_needs_scope_id(__ipv6_addr_type(addr)))
			sin6->sin6_scope_id = t->nic->dev->ifindex;
		return sizeof(*sin6);
	}
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = xtcp_addr_v4(addr);
	sin->sin_port = htons(port);
	return sizeof(*sin);
}

/**
 * conv_option() - the option of the conversation's IP version that says the same
 * @t: the conversation
 * @level: SOL_IP, or any other; changed if it is SOL_IP
 * @name: IP_TTL, ...; changed if IPv6 has another
 */
void conv_option(const struct conv *t, int *level, int *name)
{
	static const struct {
		int ip4, ip6;
	} same[] = {
		{ IP_FREEBIND, IPV6_FREEBIND },
		{ IP_MINTTL, IPV6_MINHOPCOUNT },
		{ IP_MTU_DISCOVER, IPV6_MTU_DISCOVER },
		{ IP_RECVERR, IPV6_RECVERR },
		{ IP_TOS, IPV6_TCLASS },
		{ IP_TTL, IPV6_UNICAST_HOPS },
	};

	for (int i = 0; i < ARRAY_SIZE(same) && t->ip6 && *level == SOL_IP; i++) {
		if (same[i].ip4 == *name) {
			*level = SOL_IPV6;
			*name = same[i].ip6;
		}
	}
}

/**
 * conv_sum() - the checksum of a segment
 * @t: the conversation
 * @data: the segment
 * @len: its length in bytes
 *
 * Return: the sum with what is in the checksum's place: 0 where that is right
 */
__sum16 conv_sum(const struct conv *t, const void *data, size_t len)
{
	const struct xtcp_tuple *c = &t->tuple;
	__wsum sum = csum_partial(data, len, 0);

	return t->ip6 ? csum_ipv6_magic(&c->raddr, &c->laddr, len, c->wire, sum) :
			csum_tcpudp_magic(xtcp_addr_v4(&c->raddr), xtcp_addr_v4(&c->laddr), len,
					  c->wire, sum);
}

/* From the peer, or, @quoted, to it. */
static void put_header(const struct conv *t, void *header, u8 protocol, u8 ttl, size_t bytes,
		       bool quoted)
{
	const struct in6_addr *from = quoted ? &t->tuple.laddr : &t->tuple.raddr;
	const struct in6_addr *to = quoted ? &t->tuple.raddr : &t->tuple.laddr;
	struct ipv6hdr *ip6 = header;
	struct iphdr *ip4 = header;

	if (t->ip6) {
		*ip6 = (struct ipv6hdr) {
			.version = 6,
			.payload_len = htons(bytes),
			.nexthdr = protocol,
			.hop_limit = ttl,
			.saddr = *from,
			.daddr = *to,
		};
		return;
	}
	*ip4 = (struct iphdr) {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(*ip4) + bytes),
		.frag_off = quoted ? htons(IP_DF) : 0,
		.ttl = ttl,
		.protocol = protocol,
		.saddr = xtcp_addr_v4(from),
		.daddr = xtcp_addr_v4(to),
	};
	ip4->check = ip_fast_csum(ip4, ip4->ihl);
}

/**
 * conv_put_header() - write the IP header of a packet of the peer's
 * @t: the conversation
 * @packet: where to write it, conv_ip_bytes()
 * @bytes: how much follows
 */
void conv_put_header(const struct conv *t, u8 *packet, size_t bytes)
{
	put_header(t, packet, t->tuple.wire, 64, bytes, false);
}

/**
 * conv_fix_header() - make length and checksum of an IP header right again
 * @t: the conversation
 * @packet: begins with the header
 * @bytes: how much follows
 */
void conv_fix_header(const struct conv *t, u8 *packet, size_t bytes)
{
	struct iphdr *ip4 = (struct iphdr *)packet;

	if (t->ip6) {
		((struct ipv6hdr *)packet)->payload_len = htons(bytes);
		return;
	}
	ip4->tot_len = htons(sizeof(*ip4) + bytes);
	ip4->check = 0;
	ip4->check = ip_fast_csum(ip4, ip4->ihl);
}

/**
 * conv_set_tos() - the peer's packet has another type of service, or traffic class
 * @t: the conversation
 * @packet: begins with the IP header; its checksum becomes wrong
 * @tos: all eight bits of it
 */
void conv_set_tos(const struct conv *t, u8 *packet, u8 tos)
{
	if (t->ip6)
		ipv6_change_dsfield((struct ipv6hdr *)packet, 0, tos);
	else
		((struct iphdr *)packet)->tos = tos;
}

/**
 * conv_header() - what stands in the IP header of a packet of xtcp's
 * @t: the conversation
 * @skb: the packet, linear
 *
 * Return: what both versions have, and of IPv6 the flow label
 */
struct conv_header conv_header(const struct conv *t, const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = (const struct ipv6hdr *)skb->data;
	const struct iphdr *ip4 = (const struct iphdr *)skb->data;

	if (!t->ip6)
		return (struct conv_header) {
			.tos = ip4->tos,
			.ttl = ip4->ttl,
			.id = ntohs(ip4->id),
		};
	return (struct conv_header) {
		.tos = ipv6_get_dsfield(ip6),
		.ttl = ip6->hop_limit,
		.label = ntohl(ip6_flowlabel(ip6)),
	};
}

/**
 * conv_check_header() - is the IP header of a packet of xtcp's right?
 * @t: the conversation
 * @skb: the packet, linear
 *
 * Return: NULL, or what is wrong
 */
const char *conv_check_header(const struct conv *t, const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = (const struct ipv6hdr *)skb->data;
	const struct iphdr *ip4 = (const struct iphdr *)skb->data;
	struct in6_addr from, to;
	u8 protocol;

	if (skb->len < conv_ip_bytes(t) + XTCP_HEADER_BYTES ||
	    ip4->version != (t->ip6 ? 6 : 4))
		return "sent: a bad IP header";
	if (t->ip6) {
		if (ntohs(ip6->payload_len) != skb->len - sizeof(*ip6))
			return "sent: a bad IP header";
		from = ip6->saddr;
		to = ip6->daddr;
		protocol = ip6->nexthdr;
	} else {
		if (ip4->ihl != 5 || ntohs(ip4->tot_len) != skb->len)
			return "sent: a bad IP header";
		if (ip_fast_csum(ip4, ip4->ihl))
			return "sent: a bad IP checksum";
		xtcp_addr_from_v4(&from, ip4->saddr);
		xtcp_addr_from_v4(&to, ip4->daddr);
		protocol = ip4->protocol;
	}
	if (protocol != t->tuple.wire || !ipv6_addr_equal(&from, &t->tuple.laddr) ||
	    !ipv6_addr_equal(&to, &t->tuple.raddr))
		return "sent: not of this conversation";
	return NULL;
}

/**
 * conv_icmp_type() - what the conversation's IP version says where ICMP says this
 * @t: the conversation
 * @type: ICMP type, IPv4's; changed if IPv6 has another
 * @code: ICMP code, likewise
 *
 * RFC 7915, 4.2, for the errors that tests need of both versions.  What IPv6 has nothing
 * for becomes the answer to an echo request.
 */
void conv_icmp_type(const struct conv *t, u8 *type, u8 *code)
{
	static const struct {
		u8 type4, code4, type6, code6;
	} same[] = {
		{ ICMP_DEST_UNREACH, ICMP_NET_UNREACH, ICMPV6_DEST_UNREACH, ICMPV6_NOROUTE },
		{ ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH },
		{ ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH },
		{ ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMPV6_PKT_TOOBIG, 0 },
		{ ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT },
		{ ICMP_PARAMETERPROB, 0, ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD },
	};
	u8 type4 = *type, code4 = *code;

	if (!t->ip6)
		return;
	*type = ICMPV6_ECHO_REPLY;
	*code = 0;
	for (int i = 0; i < ARRAY_SIZE(same); i++) {
		if (same[i].type4 == type4 && same[i].code4 == code4) {
			*type = same[i].type6;
			*code = same[i].code6;
		}
	}
}

static size_t put_icmp4(const struct conv *t, struct icmphdr *icmp, u8 type, u8 code, u32 info,
			size_t bytes)
{
	icmp->type = type;
	icmp->code = code;
	icmp->un.gateway = htonl(info);
	icmp->checksum = ip_compute_csum(icmp, bytes);
	return bytes;
}

static size_t put_icmp6(const struct conv *t, struct icmp6hdr *icmp6, u8 type, u8 code, u32 info,
			size_t bytes)
{
	icmp6->icmp6_type = type;
	icmp6->icmp6_code = code;
	icmp6->icmp6_mtu = htonl(info);
	icmp6->icmp6_cksum = csum_ipv6_magic(&t->tuple.raddr, &t->tuple.laddr, bytes,
					     IPPROTO_ICMPV6, csum_partial(icmp6, bytes, 0));
	return bytes;
}

/* Options that say nothing, behind an IP header. */
static void put_options(const struct conv *t, u8 *header, u32 bytes)
{
	struct ipv6hdr *ip6 = (struct ipv6hdr *)header;
	struct iphdr *ip4 = (struct iphdr *)header;
	u8 *options = header + conv_ip_bytes(t);

	if (t->ip6) {
		/* PadN: RFC 8200, 4.2 */
		memset(options, 0, bytes);
		options[0] = ip6->nexthdr;
		options[1] = bytes / 8 - 1;
		options[2] = IPV6_TLV_PADN;
		options[3] = bytes - 4;
		ip6->nexthdr = NEXTHDR_DEST;
		return;
	}
	memset(options, IPOPT_NOOP, bytes);
	ip4->ihl += bytes / 4;
	ip4->check = 0;
	ip4->check = ip_fast_csum(ip4, ip4->ihl);
}

/**
 * conv_put_icmp() - write an ICMP error of the peer's about a segment of xtcp's
 * @t: the conversation
 * @packet: where to write it; CONV_ICMP_BYTES
 * @type: ICMP or ICMPv6 type
 * @code: ICMP or ICMPv6 code
 * @info: the second word of the ICMP header
 * @seq: the sequence number quoted
 * @options: how many bytes of options the packet had, up to 40: IP options, or, in whole
 *	eights, an extension header
 * @bytes: how much of it is quoted, up to those and ICMP_QUOTE_BYTES
 *
 * Return: the packet's length in bytes
 */
size_t conv_put_icmp(const struct conv *t, u8 *packet, u8 type, u8 code, u32 info, u32 seq,
		     u32 options, u32 bytes)
{
	u32 ip_bytes = conv_ip_bytes(t), len = sizeof(struct icmphdr) + bytes;
	u8 *icmp = packet + ip_bytes, *quoted = icmp + sizeof(struct icmphdr);
	__be16 *ports = (__be16 *)(quoted + ip_bytes + options);

	memset(packet, 0, CONV_ICMP_BYTES);
	put_header(t, packet, t->ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 64, len, false);
	put_header(t, quoted, t->tuple.wire, 1, XTCP_HEADER_BYTES + options, true);
	if (options)
		put_options(t, quoted, options);
	ports[0] = htons(t->tuple.lport);
	ports[1] = htons(t->tuple.rport);
	put_unaligned_be32(seq, ports + 2);
	len = t->ip6 ? put_icmp6(t, (struct icmp6hdr *)icmp, type, code, info, len) :
		       put_icmp4(t, (struct icmphdr *)icmp, type, code, info, len);
	return ip_bytes + len;
}
