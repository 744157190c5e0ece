// SPDX-License-Identifier: GPL-2.0
/*
 * The IP version of a conversation.  Tests name addresses by 32 bits.  Over IPv6 these are
 * the last of an address in 2001:db8::/32, and 0 is every address.  ICMP is named by IPv4's
 * types; over IPv6 the message goes out that says the same.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/ip.h>
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
	} else if (addr) {
		a.s6_addr32[0] = htonl(0x20010db8);
		a.s6_addr32[3] = htonl(addr);
	}
	return a;
}

/**
 * conv_sockaddr() - a user's address
 * @t: the conversation
 * @addr: by 32 bits
 * @port: the port
 * @to: where to write it
 *
 * Return: its length in bytes
 */
int conv_sockaddr(const struct conv *t, u32 addr, u16 port, struct sockaddr_storage *to)
{
	struct in6_addr a = conv_addr(t, addr);
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *sin = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	if (t->ip6) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_addr = a;
		sin6->sin6_port = htons(port);
		return sizeof(*sin6);
	}
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = xtcp_addr_v4(&a);
	sin->sin_port = htons(port);
	return sizeof(*sin);
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

/* What ICMPv6 says where ICMP says this. */
static void icmp6_of(struct icmp6hdr *icmp6, u8 type, u8 code)
{
	switch (type) {
	case ICMP_DEST_UNREACH:
		icmp6->icmp6_type = ICMPV6_DEST_UNREACH;
		icmp6->icmp6_code = ICMPV6_NOROUTE;
		if (code == ICMP_HOST_UNREACH)
			icmp6->icmp6_code = ICMPV6_ADDR_UNREACH;
		else if (code == ICMP_PORT_UNREACH)
			icmp6->icmp6_code = ICMPV6_PORT_UNREACH;
		else if (code == ICMP_FRAG_NEEDED)
			icmp6->icmp6_type = ICMPV6_PKT_TOOBIG;
		return;
	case ICMP_TIME_EXCEEDED:
		icmp6->icmp6_type = ICMPV6_TIME_EXCEED;
		return;
	case ICMP_PARAMETERPROB:
		icmp6->icmp6_type = ICMPV6_PARAMPROB;
		return;
	}
	icmp6->icmp6_type = ICMPV6_ECHO_REPLY;
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
	icmp6_of(icmp6, type, code);
	icmp6->icmp6_mtu = htonl(info);
	icmp6->icmp6_cksum = csum_ipv6_magic(&t->tuple.raddr, &t->tuple.laddr, bytes,
					     IPPROTO_ICMPV6, csum_partial(icmp6, bytes, 0));
	return bytes;
}

/**
 * conv_put_icmp() - write an ICMP error of the peer's about a segment of xtcp's
 * @t: the conversation
 * @packet: where to write it; CONV_ICMP_BYTES
 * @type: ICMP type, IPv4's
 * @code: ICMP code, IPv4's
 * @info: the second word of the ICMP header
 * @seq: the sequence number quoted
 * @options: how many bytes of options the datagram's IPv4 header had, up to 40
 * @bytes: how much of it is quoted, up to those and ICMP_QUOTE_BYTES
 *
 * Return: the packet's length in bytes
 */
size_t conv_put_icmp(const struct conv *t, u8 *packet, u8 type, u8 code, u32 info, u32 seq,
		     u32 options, u32 bytes)
{
	u32 ip_bytes = conv_ip_bytes(t), len = sizeof(struct icmphdr) + bytes;
	u8 *icmp = packet + ip_bytes, *quoted = icmp + sizeof(struct icmphdr);
	struct iphdr *ip4 = (struct iphdr *)quoted;
	__be16 *ports = (__be16 *)(quoted + ip_bytes + options);

	memset(packet, 0, CONV_ICMP_BYTES);
	put_header(t, packet, t->ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 64, len, false);
	put_header(t, quoted, t->tuple.wire, 1, XTCP_HEADER_BYTES + options, true);
	if (options) {
		memset(ip4 + 1, IPOPT_NOOP, options);
		ip4->ihl += options / 4;
		ip4->check = 0;
		ip4->check = ip_fast_csum(ip4, ip4->ihl);
	}
	ports[0] = htons(t->tuple.lport);
	ports[1] = htons(t->tuple.rport);
	put_unaligned_be32(seq, ports + 2);
	len = t->ip6 ? put_icmp6(t, (struct icmp6hdr *)icmp, type, code, info, len) :
		       put_icmp4(t, (struct icmphdr *)icmp, type, code, info, len);
	return ip_bytes + len;
}

/**
 * over_ipv4() - this case is about IPv4
 * @t: the conversation, which has not begun
 */
void over_ipv4(struct conv *t)
{
	if (t->ip6)
		kunit_skip(t->test, "this is about IPv4");
}
