// SPDX-License-Identifier: GPL-2.0
/*
 * What a path with delay and loss leaves of a stream.  scripts/bench-paths makes
 * the path; this sends over it, from the namespace SPACE-client to SPACE-server,
 * and reads the guest's clock at the receiver.
 *
 * One stream for each WIRE, of the congestion control CONGESTION, each on the
 * way a tenth of a second after the one before; a line for each:
 *
 *	WIRE BYTES SECOND MEGABYTE
 *
 * the bytes that it delivered in SECONDS after its connect(), those of the first
 * second, and the microseconds that the first megabyte took (0 if it took longer).
 *
 * With SECONDS 0 it sends 70 full segments and a last one of LAST_BYTES, which
 * alone holds the word LAST, so that the path knows what to lose.  The line:
 *
 *	WIRE BYTES MICROSECONDS
 *
 * "WIRE -" stands for a wire without such sockets or without such a congestion
 * control, "WIRE !" for a failure.
 */
#include <errno.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ends.h"

#define FLOWS		8
#define STAGGER_US	100000
#define SECOND_US	1000000
#define STALL_US	10000
#define MEGABYTE	1000000
#define PATIENCE_S	60	/* for a handshake on a bad path, and a tail */
#define SEGMENTS	70	/* of full size: about 100 kB */
#define LAST_BYTES	500
#define LAST		"LAST"
#define BODY_BYTES	0x100000	/* more than SEGMENTS of any that a device carries */

/* What the two ends share. */
struct flow {
	const struct wire *wire;
	__u64 began_us;		/* connect() */
	__u64 bytes;
	__u64 second_bytes;
	__u64 megabyte_us;
	__u64 all_bytes;	/* of a tail */
	__u64 all_us;
};

static struct flow *flows;
static pid_t servers[FLOWS], clients[FLOWS];
static unsigned int n_flows;
static const char *space, *congestion;
static unsigned int seconds;

static __u64 now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static int control(int fd)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, strlen(congestion));
}

/* The end of a process is the end of its connection: what it has not sent yet
 * must not go on over the next one's path.
 */
static void end_abruptly(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	need(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), "SO_LINGER");
}

static int connect_flow(struct flow *flow)
{
	struct sockaddr_storage address;
	socklen_t len = server_address(PORT + (flow - flows), &address);
	int fd = open_socket();

	need(!control(fd), "TCP_CONGESTION");
	end_abruptly(fd);
	flow->began_us = now_us();
	need(!connect(fd, (void *)&address, len), "connect");
	return fd;
}

/* ---- a stream for so many seconds ---- */

static void stream_client(struct flow *flow)
{
	int fd;

	usleep((flow - flows) * STAGGER_US);
	fd = connect_flow(flow);
	while (send(fd, chunk, CHUNK_BYTES, 0) > 0)
		;
	/* the server is first to end; what it says counts */
	pause();
}

static void stream_server(struct flow *flow, int fd)
{
	__u64 end_us = flow->began_us + (__u64)seconds * SECOND_US;
	struct timeval patience = { .tv_usec = STALL_US };

	/* a stream that stalls must not hide the end */
	need(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), "SO_RCVTIMEO");
	for (;;) {
		ssize_t n = recv(fd, chunk, CHUNK_BYTES, 0);
		__u64 now = now_us();

		need(n > 0 || (n < 0 && errno == EAGAIN), "recv");
		if (now >= end_us)
			return;
		if (n < 0)
			continue;
		flow->bytes += n;
		if (now < flow->began_us + SECOND_US)
			flow->second_bytes = flow->bytes;
		if (!flow->megabyte_us && flow->bytes >= MEGABYTE)
			flow->megabyte_us = now - flow->began_us;
	}
}

/* ---- a hundred kilobytes, the last segment of which is lost ---- */

static void tail_client(struct flow *flow)
{
	static char body[BODY_BYTES];
	int mss, fd = connect_flow(flow);
	socklen_t length = sizeof(mss);
	size_t bytes;

	need(!getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, &length), "TCP_MAXSEG");
	bytes = (size_t)mss * SEGMENTS + LAST_BYTES;
	need(mss > LAST_BYTES && bytes <= sizeof(body), "segment size");
	for (size_t i = bytes - LAST_BYTES; i < bytes; i += strlen(LAST))
		memcpy(body + i, LAST, strlen(LAST));
	flow->all_bytes = bytes;
	need(send(fd, body, bytes, 0) == (ssize_t)bytes, "send");
	pause();
}

static void tail_server(struct flow *flow, int fd)
{
	while (!flow->all_bytes || flow->bytes < flow->all_bytes) {
		ssize_t n = recv(fd, chunk, CHUNK_BYTES, 0);

		need(n > 0, "recv");
		flow->bytes += n;
	}
	flow->all_us = now_us() - flow->began_us;
}

/* ---- a measurement ---- */

static void start_server(struct flow *flow)
{
	pid_t *server = &servers[flow - flows];
	int ready[2];
	char byte;

	need(!pipe(ready), "pipe");
	*server = spawn(seconds + PATIENCE_S);
	if (*server == 0) {
		int listener, fd;

		enter_end(space, "server");
		listener = open_listener(PORT + (flow - flows));
		need(write(ready[1], "", 1) == 1, "pipe");
		fd = open_accepted(listener);
		end_abruptly(fd);
		if (seconds)
			stream_server(flow, fd);
		else
			tail_server(flow, fd);
		_exit(0);
	}
	close(ready[1]);
	/* a server that failed says so at its end */
	if (read(ready[0], &byte, 1) < 0)
		perror("paths: pipe");
	close(ready[0]);
}

static void start_client(struct flow *flow)
{
	pid_t *client = &clients[flow - flows];

	*client = spawn(seconds + PATIENCE_S);
	if (*client)
		return;
	enter_end(space, "client");
	if (seconds)
		stream_client(flow);
	else
		tail_client(flow);
}

static bool finish(struct flow *flow)
{
	bool good = wait_for(servers[flow - flows]);

	kill(clients[flow - flows], SIGKILL);
	wait_for(clients[flow - flows]);
	return good;
}

static bool offered(void)
{
	bool good;
	int fd;

	if (!available())
		return false;
	fd = open_socket();
	good = !control(fd);
	need(good || errno == ENOENT, "TCP_CONGESTION");
	close(fd);
	return good;
}

static void report(struct flow *flow, bool good)
{
	if (!good)
		printf("%s !\n", flow->wire->name);
	else if (seconds)
		printf("%s %llu %llu %llu\n", flow->wire->name, flow->bytes,
		       flow->second_bytes, flow->megabyte_us);
	else
		printf("%s %llu %llu\n", flow->wire->name, flow->all_bytes, flow->all_us);
}

int main(int argc, char **argv)
{
	if (argc < 5 || argc > 4 + FLOWS) {
		fprintf(stderr, "usage: paths SPACE CONGESTION SECONDS WIRE...    (at most %d)\n",
			FLOWS);
		return 2;
	}
	space = argv[1];
	congestion = argv[2];
	seconds = atoi(argv[3]);
	flows = share(FLOWS * sizeof(*flows));
	for (int i = 4; i < argc; i++)
		flows[n_flows++].wire = wire_named(argv[i]);

	for (unsigned int i = 0; i < n_flows; i++) {
		wire = flows[i].wire;
		if (!offered()) {
			for (unsigned int j = 0; j < n_flows; j++)
				printf("%s -\n", flows[j].wire->name);
			return 0;
		}
	}
	for (unsigned int i = 0; i < n_flows; i++) {
		wire = flows[i].wire;
		start_server(&flows[i]);
	}
	for (unsigned int i = 0; i < n_flows; i++) {
		wire = flows[i].wire;
		start_client(&flows[i]);
	}
	for (unsigned int i = 0; i < n_flows; i++)
		report(&flows[i], finish(&flows[i]));
	return 0;
}
