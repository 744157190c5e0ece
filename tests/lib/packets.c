// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "packets.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <string.h>

#include "net.h"
#include "tap.h"

int packets_open(void)
{
	return need(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL)));
}

static unsigned int option_mss(const unsigned char *at, const unsigned char *end)
{
	while (at < end && *at != TCPOPT_EOL) {
		if (*at == TCPOPT_NOP) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || end - at < at[1])
			break;
		if (*at == TCPOPT_MAXSEG && at[1] == TCPOLEN_MAXSEG)
			return at[2] << 8 | at[3];
		at += at[1];
	}
	return 0;
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
		.bytes = ntohs(ip.tot_len) - header - tcp.doff * 4,
	};
	if (tcp.doff < 5 || bytes < header + tcp.doff * 4)
		return false;
	p->mss = option_mss(at + header + sizeof(tcp), at + header + tcp.doff * 4);
	p->options_bytes = tcp.doff * 4 - sizeof(tcp);
	memcpy(p->options, at + header + sizeof(tcp), p->options_bytes);
	return true;
}

static bool take(int fd, int flags, unsigned int sport, struct packet *p)
{
	unsigned char buf[128];
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(fd, buf, sizeof(buf), flags,
			     (struct sockaddr *)&from, &len)) >= 0)
		/* on lo each comes twice: as it leaves and as it arrives */
		if (from.sll_pkttype == PACKET_OUTGOING && parse(buf, n, p) &&
		    p->sport == sport)
			return true;
	return false;
}

bool packets_next(int fd, unsigned int sport, struct packet *p)
{
	need(set_ms(fd, SO_RCVTIMEO, LONG_MS));
	return take(fd, 0, sport, p);
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
