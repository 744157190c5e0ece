// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "spoof.h"

#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_BUFFER	1048576
#define ADDRESSES	0x10000
#define FIRST_PORT	1024
#define PORTS		60000

struct segment {
	struct iphdr ip;
	struct tcphdr tcp;
	unsigned char data[SPOOFED_BYTES];
};

struct error {
	struct iphdr ip;
	struct icmphdr icmp;
	struct iphdr quoted;
	struct tcphdr tcp;
};

#define HEADERS_BYTES	offsetof(struct segment, data)

int spoof_open(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), bytes = SEND_BUFFER;

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* RFC 1071, of what begins at an even place */
static unsigned int sum_of(const void *from, size_t bytes)
{
	const unsigned char *at = from;
	unsigned int sum = 0;
	unsigned short word;

	for (; bytes >= sizeof(word); bytes -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum += word;
	}
	return bytes ? sum + ntohs(*at << 8) : sum;
}

static unsigned short checksum(unsigned int sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

/* The kernel adds identification and checksum. */
static struct iphdr ip_header(in_addr_t from, in_addr_t to, int protocol, size_t bytes)
{
	return (struct iphdr){
		.version = 4, .ihl = 5, .ttl = 64, .protocol = protocol,
		.tot_len = htons(bytes), .saddr = from, .daddr = to,
	};
}

static struct tcphdr tcp_header(const struct spoofed *seg)
{
	return (struct tcphdr){
		.th_sport = htons(seg->sport), .th_dport = htons(seg->dport),
		.th_seq = htonl(seg->seq), .th_ack = htonl(seg->ack), .th_off = 5,
		.th_flags = seg->flags, .th_win = htons(seg->wnd),
	};
}

static int send_packet(int fd, const void *packet, size_t bytes, in_addr_t to)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = to };

	return sendto(fd, packet, bytes, 0, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -1 : 0;
}

int spoof(int fd, int protocol, const struct spoofed *seg)
{
	size_t bytes = HEADERS_BYTES + seg->bytes, tcp_bytes = bytes - sizeof(struct iphdr);
	struct segment p;

	p.ip = ip_header(seg->from, seg->to, protocol, bytes);
	p.tcp = tcp_header(seg);
	if (seg->bytes)
		memcpy(p.data, seg->data, seg->bytes);
	p.tcp.th_sum = checksum(sum_of(&p.ip.saddr, 2 * sizeof(in_addr_t)) +
				htons(protocol) + htons(tcp_bytes) +
				sum_of(&p.tcp, tcp_bytes));
	return send_packet(fd, &p, bytes, seg->to);
}

int spoof_icmp(int fd, int protocol, in_addr_t router, int type, int code, int mtu,
	       const struct spoofed *about)
{
	struct error p = {
		.ip = ip_header(router, about->from, IPPROTO_ICMP, sizeof(p)),
		.icmp = { .type = type, .code = code, .un.frag.mtu = htons(mtu) },
		.quoted = ip_header(about->from, about->to, protocol,
				    HEADERS_BYTES + about->bytes),
		.tcp = tcp_header(about),
	};

	p.icmp.checksum = checksum(sum_of(&p.icmp, sizeof(p) - sizeof(p.ip)));
	return send_packet(fd, &p, sizeof(p), about->from);
}

int spoof_syn(int fd, unsigned int n, int protocol, const struct sockaddr_in *to)
{
	struct spoofed syn = {
		.from = htonl(0x0a080000 | n % ADDRESSES),
		.to = to->sin_addr.s_addr,
		.sport = FIRST_PORT + n % PORTS,
		.dport = ntohs(to->sin_port),
		.seq = n * 12345,
		.wnd = 1024,
		.flags = TH_SYN,
	};

	return spoof(fd, protocol, &syn);
}
