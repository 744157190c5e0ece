// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "packets.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
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

static bool parse(const unsigned char *at, size_t bytes, struct packet *p)
{
	struct tcphdr tcp;
	struct iphdr ip;
	size_t header;

	if (bytes < sizeof(ip))
		return false;
	memcpy(&ip, at, sizeof(ip));
	header = ip.ihl * 4;
	if (ip.version != 4 || bytes < header + sizeof(tcp) ||
	    ip.protocol != (wire == WIRE_NATIVE ? IPPROTO_XTCP : IPPROTO_TCP))
		return false;
	memcpy(&tcp, at + header, sizeof(tcp));
	*p = (struct packet){
		.saddr = ip.saddr,
		.sport = ntohs(tcp.source),
		.dport = ntohs(tcp.dest),
		.tos = ip.tos,
		.ttl = ip.ttl,
		.df = ip.frag_off & htons(IP_DF),
		.seq = ntohl(tcp.seq),
		.ack = ntohl(tcp.ack_seq),
		.wnd = ntohs(tcp.window),
		.flags = at[header + 13],
		.wscale = -1,
		.bytes = ntohs(ip.tot_len) - header - tcp.doff * 4,
	};
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
