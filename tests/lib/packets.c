// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "packets.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include "net.h"
#include "tap.h"

#define HEADERS_BYTES	128		/* as many as IP and TCP can have, and more */
#define QUEUE_BYTES	(64 << 20)	/* for those that nobody has asked for yet */

/* On lo each comes twice, as it leaves and as it arrives: take what leaves. */
int packets_open(void)
{
	struct sock_filter leaving[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, HEADERS_BYTES),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { ARRAY_SIZE(leaving), leaving };
	struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	int fd = need(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	need(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	need(set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES));
	need(bind(fd, (struct sockaddr *)&all, sizeof(all)));
	return fd;
}

static unsigned int be32_at(const unsigned char *at)
{
	return (unsigned int)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

/*
 * RFC 2883, 4: the first block is of what came twice if the ACK covers it, or if
 * the second block does.
 */
static bool is_dsack(const struct packet *p, const unsigned char *blocks)
{
	unsigned int left = be32_at(blocks), right = be32_at(blocks + 4);

	if ((int)(left - p->ack) < 0)
		return true;
	return p->sack_blocks > 1 && (int)(left - be32_at(blocks + 8)) >= 0 &&
	       (int)(right - be32_at(blocks + 12)) <= 0;
}

/* @value: what follows kind and length, @bytes long */
static void take_option(struct packet *p, unsigned char kind,
			const unsigned char *value, size_t bytes)
{
	switch (kind) {
	case TCPOPT_MAXSEG:
		if (bytes == 2)
			p->mss = value[0] << 8 | value[1];
		break;
	case TCPOPT_WINDOW:
		if (bytes == 1)
			p->wscale = value[0];
		break;
	case TCPOPT_SACK_PERMITTED:
		p->sack_permitted = true;
		break;
	case TCPOPT_TIMESTAMP:
		p->timestamps = bytes == 8;
		break;
	case TCPOPT_SACK:
		p->sack_blocks = bytes / 8;
		p->dsack = p->sack_blocks && is_dsack(p, value);
		break;
	}
}

static void take_options(struct packet *p)
{
	const unsigned char *at = p->options, *end = at + p->options_bytes;

	while (at < end && *at != TCPOPT_EOL) {
		if (*at == TCPOPT_NOP) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || end - at < at[1])
			break;
		take_option(p, at[0], at + 2, at[1] - 2);
		at += at[1];
	}
}

static int protocol(void)
{
	return wire == WIRE_NATIVE ? IPPROTO_XTCP : IPPROTO_TCP;
}

/* Both return how long the header is, 0 if it is none of ours; p->bytes is what follows it. */
static size_t take_ipv4(const unsigned char *at, size_t bytes, struct packet *p)
{
	struct iphdr ip;

	if (bytes < sizeof(ip))
		return 0;
	memcpy(&ip, at, sizeof(ip));
	if (ip.version != 4 || ip.protocol != protocol())
		return 0;
	p->saddr = ip.saddr;
	p->tos = ip.tos;
	p->ttl = ip.ttl;
	p->df = ip.frag_off & htons(IP_DF);
	p->bytes = ntohs(ip.tot_len) - ip.ihl * 4;
	return ip.ihl * 4;
}

static size_t take_ipv6(const unsigned char *at, size_t bytes, struct packet *p)
{
	struct ip6_hdr ip;

	if (bytes < sizeof(ip))
		return 0;
	memcpy(&ip, at, sizeof(ip));
	if (at[0] >> 4 != 6 || ip.ip6_nxt != protocol())
		return 0;
	p->saddr = ip.ip6_src.s6_addr32[3];
	p->tos = ntohl(ip.ip6_flow) >> 20 & 0xff;
	p->ttl = ip.ip6_hlim;
	p->df = true;
	p->bytes = ntohs(ip.ip6_plen);
	return sizeof(ip);
}

static bool parse(const unsigned char *at, size_t bytes, struct packet *p)
{
	struct tcphdr tcp;
	size_t header;

	*p = (struct packet){ .wscale = -1 };
	header = over_ipv6() ? take_ipv6(at, bytes, p) : take_ipv4(at, bytes, p);
	if (!header || bytes < header + sizeof(tcp))
		return false;
	memcpy(&tcp, at + header, sizeof(tcp));
	p->sport = ntohs(tcp.source);
	p->dport = ntohs(tcp.dest);
	p->seq = ntohl(tcp.seq);
	p->ack = ntohl(tcp.ack_seq);
	p->wnd = ntohs(tcp.window);
	p->flags = at[header + 13];
	p->bytes -= tcp.doff * 4;
	if (tcp.doff < 5 || bytes < header + tcp.doff * 4)
		return false;
	p->options_bytes = tcp.doff * 4 - sizeof(tcp);
	memcpy(p->options, at + header + sizeof(tcp), p->options_bytes);
	take_options(p);
	return true;
}

static bool take_any(int fd, int flags, struct packet *p)
{
	unsigned char buf[HEADERS_BYTES];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), flags)) >= 0)
		if (parse(buf, n, p))
			return true;
	return false;
}

static bool take(int fd, int flags, unsigned int sport, struct packet *p)
{
	while (take_any(fd, flags, p))
		if (p->sport == sport)
			return true;
	return false;
}

bool packets_next(int fd, unsigned int sport, struct packet *p)
{
	need(set_ms(fd, SO_RCVTIMEO, LONG_MS));
	return take(fd, 0, sport, p);
}

bool packets_any(int fd, struct packet *p)
{
	return take_any(fd, MSG_DONTWAIT, p);
}

bool packets_now(int fd, unsigned int sport, struct packet *p)
{
	return take(fd, MSG_DONTWAIT, sport, p);
}

int packets_count(int fd, unsigned int sport)
{
	struct packet p;
	int n = 0;

	while (packets_now(fd, sport, &p))
		n++;
	return n;
}

unsigned int packets_missed(int fd)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	need(getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len));
	return stats.tp_drops;
}
