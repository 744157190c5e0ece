// SPDX-License-Identifier: GPL-2.0
#include "spoof.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_BUFFER	1048576
#define ADDRESSES	0x10000
#define FIRST_PORT	1024
#define PORTS		60000

struct syn {
	struct iphdr ip;
	struct tcphdr tcp;
};

int spoof_open(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), bytes = SEND_BUFFER;

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* RFC 9293, 3.1, of a header without data; @protocol is the wire's. */
static unsigned short sum_of(const struct syn *p)
{
	struct {
		unsigned int saddr, daddr;
		unsigned char zero, protocol;
		unsigned short bytes;
		struct tcphdr tcp;
	} __attribute((packed)) all = {
		p->ip.saddr, p->ip.daddr, 0, p->ip.protocol, htons(sizeof(p->tcp)), p->tcp
	};
	unsigned int sum = 0;
	unsigned short word;

	for (size_t i = 0; i < sizeof(all); i += sizeof(word)) {
		memcpy(&word, (char *)&all + i, sizeof(word));
		sum += word;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

/* IP's identification and checksum are the kernel's to write. */
int spoof_syn(int fd, unsigned int n, int protocol, const struct sockaddr_in *to)
{
	struct syn p = {
		.ip = {
			.version = 4,
			.ihl = 5,
			.ttl = 64,
			.tot_len = htons(sizeof(p)),
			.protocol = protocol,
			.saddr = htonl(0x0a080000 | n % ADDRESSES),
			.daddr = to->sin_addr.s_addr,
		},
		.tcp = {
			.th_sport = htons(FIRST_PORT + n % PORTS),
			.th_dport = to->sin_port,
			.th_seq = htonl(n * 12345),
			.th_off = 5,
			.th_flags = TH_SYN,
			.th_win = htons(1024),
		},
	};
	struct sockaddr_in host = { .sin_family = AF_INET, .sin_addr = to->sin_addr };

	p.tcp.th_sum = sum_of(&p);
	return sendto(fd, &p, sizeof(p), 0, (struct sockaddr *)&host, sizeof(host)) < 0 ? -1 : 0;
}
