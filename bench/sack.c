// SPDX-License-Identifier: GPL-2.0
/*
 * What a received ACK costs a sender with many segments in flight: honest ACKs, and
 * those of a peer that wants them to be dear.
 *
 * The sender is a process with a socket of one of the wires.  Its peer is this
 * program: behind a tun device it answers the handshake, acknowledges until the
 * congestion window holds enough, lets the window be sent, and then writes ACK after
 * ACK to the device.  That write returns when the kernel has processed the
 * packet, what it sends in answer included; the guest's clock, which counts
 * instructions, says what it took.
 *
 * Each pattern has a connection of its own, and a line:
 *
 *	PATTERN WIRE IN_FLIGHT ACKS MEAN MEDIAN P99 MAX
 *
 * "PATTERN WIRE -" stands for a sender that has no such sockets, or does not offer
 * SACK or a window scale.  The instructions include those of write(), the device
 * and IP, about the same for all; the pattern "stale" is little else.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

#include "ends.h"
#include "xtcp.h"

#define PEER_ADDRESS	"10.9.1.2"
#define MSS		1460u
#define WINDOW		65535u
#define WINDOW_SHIFT	14
#define LEAST_SEGMENTS	16u	/* for the patterns to make sense */
#define SILENCE_US	50000	/* that long: the sender has no more to send */
#define PATIENCE_S	300
#define MAX_ACKS	20000u
#define BLOCKS		4u
#define PACKET_BYTES	2048
#define SEND_BUFFER	0x4000000
#define SYN_OPTIONS	12	/* MSS, SACK permitted, window scale, and padding */

/* ---- the connection, from the peer's side ---- */

static struct {
	int tun;
	__u16 port;	/* the sender's */
	__u8 protocol;
	bool sack, scale;
	__u32 next;	/* all before it was received in order */
	__u32 una;	/* what the sender has as acknowledged */
	__u32 seq;	/* ours */
} peer;

static __u32 in_flight;		/* segments, from peer.una */

struct block {
	__u32 begin, end;	/* in bytes from peer.una */
};

/* One ACK of a pattern: what it acknowledges beyond peer.una, and its blocks. */
struct ack {
	__u32 ahead;
	unsigned int n;
	struct block blocks[BLOCKS];
};

static __u32 sum_words(const void *data, size_t bytes, __u32 sum)
{
	const __u8 *at = data;

	for (size_t i = 0; i + 1 < bytes; i += 2)
		sum += at[i] << 8 | at[i + 1];
	if (bytes % 2)
		sum += at[bytes - 1] << 8;
	return sum;
}

static __u16 folded(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* An IP packet with a header of TCP's and options, to the sender. */
static size_t build(__u8 *packet, __u8 flags, __u32 ack, const __u8 *options, size_t option_bytes)
{
	size_t header_bytes = sizeof(struct tcphdr) + option_bytes;
	size_t bytes = sizeof(struct iphdr) + header_bytes;
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(bytes),
		.ttl = 64,
		.protocol = peer.protocol,
		.saddr = inet_addr(PEER_ADDRESS),
		.daddr = inet_addr("10.9.1.1"),
	};
	struct tcphdr tcp = {
		.th_sport = htons(PORT),
		.th_dport = peer.port,
		.th_seq = htonl(peer.seq),
		.th_ack = htonl(ack),
		.th_off = header_bytes / 4,
		.th_flags = flags,
		.th_win = htons(WINDOW),
	};
	__u8 *segment = packet + sizeof(ip);
	__u32 sum;

	ip.check = folded(sum_words(&ip, sizeof(ip), 0));
	memcpy(packet, &ip, sizeof(ip));
	memcpy(segment, &tcp, sizeof(tcp));
	if (option_bytes)
		memcpy(segment + sizeof(tcp), options, option_bytes);
	sum = sum_words(&ip.saddr, 8, peer.protocol + header_bytes);
	tcp.th_sum = folded(sum_words(segment, header_bytes, sum));
	memcpy(segment, &tcp, sizeof(tcp));
	return bytes;
}

/* Returns the instructions that it took. */
static __u64 inject(const __u8 *packet, size_t bytes)
{
	__u64 began = __rdtsc();
	ssize_t n = write(peer.tun, packet, bytes);
	__u64 took = __rdtsc() - began;

	need(n == (ssize_t)bytes, "write to the device");
	return took;
}

static __u64 inject_ack(const struct ack *ack)
{
	__u8 packet[PACKET_BYTES], options[4 + 8 * BLOCKS] = { 1, 1, 5, 2 + 8 * ack->n };
	__u32 una = peer.una + ack->ahead;

	for (unsigned int i = 0; i < ack->n; i++) {
		__u32 edges[] = {
			htonl(peer.una + ack->blocks[i].begin),
			htonl(peer.una + ack->blocks[i].end)
		};

		memcpy(options + 4 + 8 * i, edges, sizeof(edges));
	}
	return inject(packet, build(packet, TH_ACK, una, options, ack->n ? 4 + 8 * ack->n : 0));
}

/* A packet of the connection's: its header and its data's length. */
static bool receive(struct tcphdr *tcp, size_t *data_bytes)
{
	__u8 packet[PACKET_BYTES];
	ssize_t n = read(peer.tun, packet, sizeof(packet));
	struct iphdr ip;

	if (n < (ssize_t)(sizeof(ip) + sizeof(*tcp)))
		return false;
	memcpy(&ip, packet, sizeof(ip));
	if (ip.version != 4 || ip.protocol != peer.protocol)
		return false;
	memcpy(tcp, packet + ip.ihl * 4, sizeof(*tcp));
	*data_bytes = n - ip.ihl * 4 - tcp->th_off * 4;
	if (tcp->th_flags & TH_SYN) {
		const __u8 *option = packet + ip.ihl * 4 + sizeof(*tcp), *end = packet + n;

		while (option < end && *option) {
			peer.sack |= *option == 4;
			peer.scale |= *option == 3;
			option += *option == 1 || option[1] < 2 ? 1 : option[1];
		}
	}
	return true;
}

static bool readable(int timeout_us)
{
	struct timespec timeout = { .tv_nsec = timeout_us * 1000L };
	struct pollfd device = { .fd = peer.tun, .events = POLLIN };

	return ppoll(&device, 1, &timeout, NULL) > 0;
}

static void drain(void)
{
	struct tcphdr tcp;
	size_t bytes;

	while (readable(0))
		receive(&tcp, &bytes);
}

static bool answer_syn(void)
{
	__u8 packet[PACKET_BYTES];
	const __u8 options[SYN_OPTIONS] = {
		2, 4, MSS >> 8, MSS & 255, 1, 3, 3, WINDOW_SHIFT, 1, 1, 4, 2
	};
	struct tcphdr tcp;
	size_t bytes, option_bytes = 4;

	peer.sack = false;
	peer.scale = false;
	do {
		if (!readable(SILENCE_US * 10))
			return false;
	} while (!receive(&tcp, &bytes) || !(tcp.th_flags & TH_SYN));
	peer.port = tcp.th_sport;
	peer.next = ntohl(tcp.th_seq) + 1;
	peer.seq = 1000000;
	/* only what was offered */
	if (peer.sack && peer.scale)
		option_bytes = SYN_OPTIONS;
	inject(packet, build(packet, TH_SYN | TH_ACK, peer.next, options, option_bytes));
	peer.seq++;
	return true;
}

/* Take what the sender has to send, until it falls silent. */
static void take(void)
{
	struct tcphdr tcp;
	size_t bytes;

	while (readable(SILENCE_US)) {
		if (receive(&tcp, &bytes) && ntohl(tcp.th_seq) == peer.next)
			peer.next += bytes;
	}
}

/* Slow start: take a window, acknowledge it segment by segment, and so on, until
 * @segments are in flight or it grows no more.
 */
static void fill_window(unsigned int segments)
{
	__u32 before, una;
	__u8 packet[PACKET_BYTES];

	peer.una = peer.next;
	in_flight = 0;
	do {
		before = in_flight;
		for (una = peer.una; peer.next - una >= 2 * MSS; ) {
			una += 2 * MSS;
			inject(packet, build(packet, TH_ACK, una, NULL, 0));
		}
		peer.una = una;
		take();
		in_flight = (peer.next - peer.una) / MSS;
	} while (in_flight < segments && in_flight > before);
}

/* ---- patterns ---- */

static __u32 random_state;

static __u32 any(__u32 below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (__u64)random_state * below >> 32;
}

/* Of segments @first and on. */
static struct block block(__u32 first, __u32 segments)
{
	return (struct block){ first * MSS, (first + segments) * MSS };
}

/* Every other segment, so that the sender can merge none. */
static __u32 odd(__u32 i)
{
	return 1 + 2 * (i % (in_flight / 2 - 1));
}

/* An ACK of what was acknowledged long ago. */
static void stale(struct ack *ack, unsigned int i)
{
	ack->ahead = -(1 + i % 4) * MSS;
}

/* No loss: two more segments. */
static void cumulative(struct ack *ack, unsigned int i)
{
	ack->ahead = 2 * (i + 1) * MSS;
}

/* The first segment is missing, one more arrives. */
static void one_loss(struct ack *ack, unsigned int i)
{
	ack->n = 1;
	ack->blocks[0] = block(1, i + 1);
}

/* Each tenth segment is missing: the block that grows, and the three before it. */
static void many_losses(struct ack *ack, unsigned int i)
{
	__u32 run = i / 9;

	for (unsigned int j = 0; j < BLOCKS && j <= run; j++)
		ack->blocks[ack->n++] = block(1 + 10 * (run - j), j ? 9 : 1 + i % 9);
}

/* Blocks of one segment, with a hole before each. */
static void one_by_one(struct ack *ack, unsigned int i)
{
	ack->n = 1;
	ack->blocks[0] = block(odd(i), 1);
}

static void backwards(struct ack *ack, unsigned int i)
{
	ack->n = 1;
	ack->blocks[0] = block(odd(in_flight / 2 - 2 - i % (in_flight / 2 - 1)), 1);
}

/* Four long blocks that overlap, each ACK's shifted by a segment. */
static void overlapping(struct ack *ack, unsigned int i)
{
	__u32 length = in_flight / 4;

	ack->n = BLOCKS;
	for (unsigned int j = 0; j < BLOCKS; j++)
		ack->blocks[j] = block(1 + (i + j * length / 2) % (in_flight - length - 1), length);
}

/* Four segments anywhere. */
static void scattered(struct ack *ack, unsigned int i)
{
	(void)i;
	ack->n = BLOCKS;
	for (unsigned int j = 0; j < BLOCKS; j++)
		ack->blocks[j] = block(odd(any(in_flight)), 1);
}

/* The same, from one end to the other and back: the sender's place of last time is
 * the wrong one.
 */
static void alternating(struct ack *ack, unsigned int i)
{
	__u32 half = in_flight / 2 - 1;

	ack->n = BLOCKS;
	for (unsigned int j = 0; j < BLOCKS; j++) {
		__u32 at = (i * 2 + j / 2) % half;

		ack->blocks[j] = block(odd(j % 2 ? half - 1 - at : at), 1);
	}
}

/* Half a segment each. */
static void slivers(struct ack *ack, unsigned int i)
{
	ack->n = BLOCKS;
	for (unsigned int j = 0; j < BLOCKS; j++) {
		ack->blocks[j] = block(odd(i * BLOCKS + j), 1);
		ack->blocks[j].end -= MSS / 2;
	}
}

/* Blocks of what was acknowledged long ago, and of what was never sent. */
static void outside(struct ack *ack, unsigned int i)
{
	ack->n = BLOCKS;
	for (unsigned int j = 0; j < BLOCKS; j++)
		ack->blocks[j] = block(j % 2 ? in_flight + 2 + i + j : -4 - (i + j) % 8, 1);
}

struct pattern {
	const char *name;
	void (*make)(struct ack *ack, unsigned int i);
	/* comes first and is not measured, half as often as segments are in flight */
	void (*before)(struct ack *ack, unsigned int i);
	bool sack;
};

static const struct pattern patterns[] = {
	{ .name = "stale", .make = stale },
	{ .name = "cumulative", .make = cumulative },
	{ .name = "one_loss", .make = one_loss, .sack = true },
	{ .name = "many_losses", .make = many_losses, .sack = true },
	{ .name = "one_by_one", .make = one_by_one, .sack = true },
	{ .name = "backwards", .make = backwards, .sack = true },
	{ .name = "overlapping", .make = overlapping, .sack = true },
	{ .name = "scattered", .make = scattered, .sack = true },
	{ .name = "alternating", .make = alternating, .sack = true },
	{ .name = "slivers", .make = slivers, .sack = true },
	{ .name = "outside", .make = outside, .sack = true },
	/* every other segment is known to be there */
	{ .name = "repeated", .make = scattered, .before = one_by_one, .sack = true },
	{ .name = "cleanup", .make = cumulative, .before = one_by_one, .sack = true },
};

/* ---- a measurement ---- */

/* All that is ever sent fits into its buffer: it sleeps while we measure. */
static void sender(size_t bytes)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = inet_addr(PEER_ADDRESS),
	};
	struct linger linger = { .l_onoff = 1 };
	int buffer = SEND_BUFFER, fd = open_socket();

	need(!setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer)), "send buffer");
	need(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), "SO_LINGER");
	need(!setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), "TCP_CONGESTION");
	need(!connect(fd, (void *)&address, sizeof(address)), "connect");
	while (bytes) {
		size_t part = bytes < CHUNK_BYTES ? bytes : CHUNK_BYTES;
		ssize_t n = send(fd, chunk, part, 0);

		need(n > 0, "send");
		bytes -= n;
	}
	pause();
}

static int compare(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure(const struct pattern *pattern, unsigned int acks)
{
	static __u64 took[MAX_ACKS];
	double sum = 0;

	random_state = 1;
	for (unsigned int i = 0; pattern->before && i < in_flight / 2; i++) {
		struct ack ack = { 0 };

		pattern->before(&ack, i);
		inject_ack(&ack);
		drain();
	}
	for (unsigned int i = 0; i < acks; i++) {
		struct ack ack = { 0 };

		pattern->make(&ack, i);
		took[i] = inject_ack(&ack);
		sum += took[i];
		drain();
	}
	qsort(took, acks, sizeof(*took), compare);
	printf("%u %u %.0f %llu %llu %llu\n", in_flight, acks, sum / acks, took[acks / 2],
	       took[acks - 1 - acks / 100], took[acks - 1]);
}

static void run(const struct pattern *pattern, unsigned int segments, unsigned int acks)
{
	pid_t pid;

	printf("%s %s ", pattern->name, wire->name);
	fflush(stdout);
	if (!available()) {
		puts("-");
		return;
	}
	peer.protocol = wire->family == AF_INET || wire->protocol ? IPPROTO_TCP : IPPROTO_XTCP;
	drain();
	pid = spawn(PATIENCE_S);
	if (pid == 0) {
		/* twice what fills the window: as much again waits to be sent */
		sender((size_t)segments * MSS * 4);
		_exit(0);
	}
	if (!answer_syn()) {
		puts("!");
	} else if ((pattern->sack && !peer.sack) ||
		   (!peer.scale && segments * MSS > WINDOW)) {
		puts("-");
	} else {
		fill_window(segments);
		if (in_flight >= LEAST_SEGMENTS)
			measure(pattern, acks < in_flight / 2 ? acks : in_flight / 2);
		else
			puts("!");
	}
	fflush(stdout);
	kill(pid, SIGKILL);
	wait_for(pid);
}

static int open_device(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	need(fd >= 0, "/dev/net/tun");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	need(!ioctl(fd, TUNSETIFF, &request), name);
	return fd;
}

int main(int argc, char **argv)
{
	unsigned int segments, acks;

	if (argc < 5) {
		fputs("usage: sack DEVICE SEGMENTS ACKS WIRE...\n"
		      "DEVICE is a tun, with 10.9.1.1/24.  SEGMENTS are in flight; at most ACKS are\n"
		      "measured, and half as many as SEGMENTS.\n", stderr);
		return 2;
	}
	segments = atoi(argv[2]);
	acks = atoi(argv[3]);
	if (acks > MAX_ACKS)
		acks = MAX_ACKS;
	peer.tun = open_device(argv[1]);
	for (unsigned int i = 0; i < ARRAY_SIZE(patterns); i++) {
		for (int j = 4; j < argc; j++) {
			wire = wire_named(argv[j]);
			run(&patterns[i], segments, acks);
		}
	}
	return 0;
}
