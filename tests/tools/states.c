// SPDX-License-Identifier: GPL-2.0
/*
 * states [kept]
 *
 * Sockets in each of the eleven states, in the namespace that we are in. Their
 * peer, 10.8.0.2 behind a tun device, says only what leads there. Then waits to
 * be killed; without "kept" it closes every other socket before that.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

#define PORT		80
#define FIN		0x01
#define SYN		0x02
#define PSH		0x08
#define ACK		0x10

#define must(call)	must_do(call, #call, __LINE__)

#define THERE		"10.8.0.2"
#define HERE		"10.8.0.1"

union packet {
	unsigned char bytes[128];
	struct iphdr ip4;
	struct ip6_hdr ip6;
};

/* The peer's end of one connection. */
struct peer {
	int fd;		/* ours */
	int port;
	int our_port;
	unsigned int seq;
	unsigned int ack;
};

static int tun;
static int listener;
static int next_port = 1000;

static int must_do(int ret, const char *call, int line)
{
	if (ret < 0)
		err(1, "line %d: %s", line, call);
	return ret;
}

static int protocol(void)
{
	return wire == WIRE_NATIVE ? IPPROTO_XTCP : IPPROTO_TCP;
}

static unsigned int sum16(const void *data, size_t len, unsigned int sum)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	return sum;
}

static unsigned short fold(unsigned int sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static void tun_open(void)
{
	struct ifreq ifr = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };

	tun = must(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
	must(ioctl(tun, TUNSETIFF, &ifr));
	must(run("ip addr add 10.8.0.1/24 dev tun0 && ip link set tun0 up") ? 0 : -1);
}

/* Write IP's header, of which the checksum of what follows takes the addresses in.  Return:
 * the sum of those
 */
static unsigned int put_ip4(struct iphdr *ip, size_t bytes)
{
	*ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = protocol(),
		.saddr = inet_addr(THERE),
		.daddr = inet_addr(HERE),
		.tot_len = htons(sizeof(*ip) + bytes),
	};
	ip->check = fold(sum16(ip, sizeof(*ip), 0));
	return sum16(&ip->saddr, 8, 0);
}

static unsigned int put_ip6(struct ip6_hdr *ip, size_t bytes)
{
	*ip = (struct ip6_hdr){
		.ip6_flow = htonl(6 << 28),
		.ip6_plen = htons(bytes),
		.ip6_nxt = protocol(),
		.ip6_hlim = 64,
		.ip6_src = at(THERE, 0).v6.sin6_addr,
		.ip6_dst = at(HERE, 0).v6.sin6_addr,
	};
	return sum16(&ip->ip6_src, 32, 0);
}

static void say(struct peer *p, int flags, const char *data)
{
	size_t len = strlen(data), bytes = sizeof(struct tcphdr) + len;
	struct tcphdr tcp = {
		.source = htons(p->port),
		.dest = htons(p->our_port),
		.seq = htonl(p->seq),
		.ack_seq = htonl(flags & ACK ? p->ack : 0),
		.doff = 5,
		.window = htons(65535),
	};
	ssize_t total = ip_header_bytes() + bytes;
	union packet pkt = { 0 };
	unsigned char *after = pkt.bytes + ip_header_bytes();
	unsigned int sum;

	((unsigned char *)&tcp)[13] = flags;
	sum = over_ipv6() ? put_ip6(&pkt.ip6, bytes) : put_ip4(&pkt.ip4, bytes);
	memcpy(after, &tcp, sizeof(tcp));
	memcpy(after + sizeof(tcp), data, len);
	tcp.check = fold(sum16(after, bytes, sum + protocol() + bytes));
	memcpy(after, &tcp, sizeof(tcp));
	must(write(tun, &pkt, total) == total ? 0 : -1);
	p->seq += len + !!(flags & (SYN | FIN));
}

/* Return: is it of the wire under test?  Then *bytes follow IP's header. */
static bool is_ours(const union packet *pkt, size_t *bytes)
{
	if (over_ipv6()) {
		*bytes = ntohs(pkt->ip6.ip6_plen);
		return pkt->bytes[0] >> 4 == 6 && pkt->ip6.ip6_nxt == protocol();
	}
	*bytes = ntohs(pkt->ip4.tot_len) - sizeof(pkt->ip4);
	return pkt->bytes[0] >> 4 == 4 && pkt->ip4.protocol == protocol();
}

/* Wait for a segment of ours with these flags; the peer acknowledges it with
 * what it says next.
 */
static void hear(struct peer *p, int flags)
{
	union packet pkt;
	struct tcphdr tcp;
	size_t bytes;
	int got;

	do {
		must(poll_for(tun, POLLIN) & POLLIN ? 0 : -1);
		must(read(tun, &pkt, sizeof(pkt)));
		memcpy(&tcp, pkt.bytes + ip_header_bytes(), sizeof(tcp));
		got = ((unsigned char *)&tcp)[13];
	} while (!is_ours(&pkt, &bytes) || ntohs(tcp.dest) != p->port ||
		 (got & flags) != flags);
	p->our_port = ntohs(tcp.source);
	p->ack = ntohl(tcp.seq) + !!(got & (SYN | FIN)) + bytes - tcp.doff * 4;
}

static struct peer request(void)
{
	struct peer p = { .fd = -1, .port = next_port++, .our_port = PORT };

	say(&p, SYN, "");
	hear(&p, SYN | ACK);
	return p;
}

static struct peer established(void)
{
	struct peer p = request();

	say(&p, ACK, "");
	p.fd = must(accept_in_time(listener));
	return p;
}

static struct peer syn_sent(void)
{
	struct peer p = { .port = next_port++ };

	p.fd = must(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	connect_at(p.fd, THERE, p.port);
	hear(&p, SYN);
	return p;
}

static struct peer syn_received(void)
{
	struct peer p = syn_sent();

	say(&p, SYN, "");
	hear(&p, SYN | ACK);
	return p;
}

static struct peer full_queues(void)
{
	struct peer p = established();

	say(&p, ACK | PSH, "read");
	p.seq += 1;
	say(&p, ACK | PSH, "beyond a gap");
	fill(p.fd);
	return p;
}

static struct peer fin_wait_1(void)
{
	struct peer p = established();

	must(shutdown(p.fd, SHUT_WR));
	hear(&p, FIN);
	return p;
}

static struct peer fin_wait_2(void)
{
	struct peer p = fin_wait_1();

	say(&p, ACK, "");
	return p;
}

static struct peer closing(void)
{
	struct peer p = fin_wait_1();

	p.ack--;
	say(&p, FIN | ACK, "");
	hear(&p, ACK);
	return p;
}

static struct peer time_wait(void)
{
	struct peer p = fin_wait_2();

	say(&p, FIN | ACK, "");
	hear(&p, ACK);
	return p;
}

static struct peer close_wait(void)
{
	struct peer p = established();

	say(&p, FIN | ACK, "");
	hear(&p, ACK);
	return p;
}

static struct peer last_ack(void)
{
	struct peer p = close_wait();

	must(shutdown(p.fd, SHUT_WR));
	hear(&p, FIN);
	return p;
}

static unsigned int states_listed(void)
{
	FILE *f = fopen(sockets_file(), "r");
	unsigned int seen = 0, state;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d: %*s %*s %x", &state) == 1)
			seen |= 1 << state;
	if (f)
		fclose(f);
	return seen;
}

int main(int argc, char **argv)
{
	static struct peer (*const make[])(void) = {
		request, syn_sent, syn_received, established, full_queues,
		fin_wait_1, fin_wait_2, closing, time_wait, close_wait, last_ack,
	};
	bool kept = argc == 2 && !strcmp(argv[1], "kept");
	struct peer p;
	unsigned int i;

	net_from_env();
	signal(SIGPIPE, SIG_IGN);
	tun_open();
	listener = must(xsocket());
	must(bind_at(listener, "0.0.0.0", PORT));
	must(listen(listener, 16));
	for (i = 0; i < 2 * ARRAY_SIZE(make); i++) {
		p = make[i / 2]();
		if (i % 2 && !kept && p.fd >= 0)
			close(p.fd);
	}
	/* and a connection that nobody accepts */
	p = request();
	say(&p, ACK, "");
	printf("states %x\n", states_listed());
	fflush(stdout);
	pause();
	return 0;
}
