// SPDX-License-Identifier: GPL-2.0
/*
 * The workloads: round trips, connections, a stream, each between a client and
 * a server in processes and network namespaces of their own.
 *
 * Runs in a guest whose clock counts instructions.  One line for a measurement:
 *
 *	WORKLOAD WIRE ROUND OPERATIONS TICKS
 *
 * with TICKS "-" if the kernel has no such sockets and "!" if it failed.
 * Round 0 warms up.
 */
#include <linux/types.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

#include "ends.h"
#include "mark.h"
#include "xtcp.h"

#define PATIENCE_S	100	/* on the guest's clock: 10^11 instructions */

/* What client and server share; both run on one processor. */
struct shared {
	__u64 operations;
	__u64 ticks;
};

static struct shared *shared;

/* ---- the clock ---- */

static __u64 started;

static void start(void)
{
	mark_start();
	started = __rdtsc();
}

static void stop(__u64 operations)
{
	shared->ticks = __rdtsc() - started;
	mark_stop();
	shared->operations = operations;
}

/* ---- sockets ---- */

static void open_idle_listener(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT + 1) };
	int fd = socket(AF_XTCP, SOCK_STREAM, IPPROTO_TCP);

	need(fd >= 0, "idle listener's socket");
	need(!bind(fd, (void *)&address, sizeof(address)), "idle listener's bind");
	need(!listen(fd, 128), "idle listener");
}

static void send_byte(int fd)
{
	need(send(fd, chunk, 1, 0) == 1, "send");
}

static void recv_byte(int fd)
{
	need(recv(fd, chunk, 1, 0) == 1, "recv");
}

/* ---- a crowd of xtcp's on TCP's wire ---- */

#define CROWD_BINDS		10000
#define CROWD_CONNECTIONS	10000
#define SYN_TIMER_SECONDS	1
#define CROWD_PORT		(PORT + 1024)	/* congruent to the others' */

static int crowd_socket(void)
{
	int fd = socket(AF_XTCP, SOCK_STREAM, IPPROTO_TCP);

	need(fd >= 0, "crowd's socket");
	return fd;
}

/* Binds to very many addresses, and holds very many connections, until it is ended. */
static void be_crowd(const char *space)
{
	const struct rlimit most = { 65536, 65536 };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(CROWD_PORT) };
	int listener;

	need(!setrlimit(RLIMIT_NOFILE, &most), "RLIMIT_NOFILE");
	enter(space);
	for (unsigned int i = 0; i < CROWD_BINDS; i++) {
		address.sin_addr.s_addr = htonl(0x7f010000 + i);
		need(!bind(crowd_socket(), (void *)&address, sizeof(address)), "crowd's bind");
	}
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = crowd_socket();
	need(!bind(listener, (void *)&address, sizeof(address)), "crowd's bind");
	need(!listen(listener, 128), "crowd's listen");
	for (unsigned int i = 0; i < CROWD_CONNECTIONS; i++) {
		need(!connect(crowd_socket(), (void *)&address, sizeof(address)),
		     "crowd's connect");
		need(accept(listener, NULL, NULL) >= 0, "crowd's accept");
	}
	/* the timers of the SYNs fire once more, and find nothing to do */
	sleep(SYN_TIMER_SECONDS + 1);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* ---- the workloads: warm up, then measure ---- */

static void roundtrip_client(unsigned int warm, unsigned int count)
{
	int fd = open_connection(PORT);

	for (unsigned int i = 0; i < warm + count; i++) {
		if (i == warm)
			start();
		send_byte(fd);
		recv_byte(fd);
	}
	stop(count);
	close(fd);
}

static void roundtrip_server(int listener, unsigned int warm, unsigned int count)
{
	int fd = open_accepted(listener);

	for (unsigned int i = 0; i < warm + count; i++) {
		recv_byte(fd);
		send_byte(fd);
	}
	need(recv(fd, chunk, 1, 0) == 0, "end");
	close(fd);
}

static void connect_client(unsigned int warm, unsigned int count)
{
	for (unsigned int i = 0; i < warm + count; i++) {
		int fd;

		if (i == warm)
			start();
		fd = open_connection(PORT);
		send_byte(fd);
		recv_byte(fd);
		close(fd);
	}
	stop(count);
}

static void connect_server(int listener, unsigned int warm, unsigned int count)
{
	for (unsigned int i = 0; i < warm + count; i++) {
		int fd = open_accepted(listener);

		recv_byte(fd);
		send_byte(fd);
		need(recv(fd, chunk, 1, 0) == 0, "end");
		close(fd);
	}
}

static void stream_client(unsigned int warm, unsigned int count)
{
	int fd = open_connection(PORT);

	for (unsigned int i = 0; i < warm + count; i++)
		need(send(fd, chunk, CHUNK_BYTES, 0) == CHUNK_BYTES, "send");
	close(fd);
}

/* Only what arrived counts: the receiver reads the clock. */
static void stream_server(int listener, unsigned int warm, unsigned int count)
{
	__u64 warm_bytes = (__u64)warm * CHUNK_BYTES;
	__u64 all_bytes = warm_bytes + (__u64)count * CHUNK_BYTES;
	__u64 got = 0, first = 0;
	int fd = open_accepted(listener);
	ssize_t n;

	while ((n = recv(fd, chunk, CHUNK_BYTES, 0)) > 0) {
		got += n;
		if (!first && got >= warm_bytes) {
			first = got;
			start();
		}
		if (got == all_bytes)
			stop(got - first);
	}
	need(n == 0 && got == all_bytes, "recv");
	close(fd);
}

struct workload {
	const char *name;
	void (*client)(unsigned int warm, unsigned int count);
	void (*server)(int listener, unsigned int warm, unsigned int count);
	unsigned int warm;
	unsigned int count;
	int policy;	/* the scheduler's */
};

/* Where client and server wait for each other, one may preempt the other on
 * waking, or not: SCHED_BATCH leaves less of that to chance.
 */
static const struct workload workloads[] = {
	{ "roundtrip", roundtrip_client, roundtrip_server, 200, 1000, SCHED_BATCH },
	{ "connect", connect_client, connect_server, 1000, 400, SCHED_BATCH },
	{ "stream", stream_client, stream_server, 400, 600, SCHED_OTHER },
	/* the same, for the kernel's TCP with xtcp beside it */
	{ "beside", roundtrip_client, roundtrip_server, 200, 2000, SCHED_BATCH },
};

/* ---- a measurement ---- */

/* A wire has a pair of namespaces to itself: what one leaves behind, hooks and
 * connections in TIME_WAIT, does not cost another.
 */
static void go_to_end(const char *end)
{
	enter_end(wire->name, end);
	if (wire->listener)
		open_idle_listener();
}

static bool measure(const struct workload *w, unsigned int warm, unsigned int count)
{
	pid_t server, client;
	int ready[2];
	bool good;
	char byte;

	shared->ticks = 0;
	need(!pipe(ready), "pipe");
	server = spawn_as(PATIENCE_S, w->policy, 0);
	if (server == 0) {
		int listener;

		go_to_end("server");
		listener = open_listener(PORT);
		need(write(ready[1], "", 1) == 1, "pipe");
		w->server(listener, warm, count);
		_exit(0);
	}
	close(ready[1]);
	good = read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	if (good) {
		client = spawn_as(PATIENCE_S, w->policy, 0);
		if (client == 0) {
			go_to_end("client");
			w->client(warm, count);
			_exit(0);
		}
		good = wait_for(client);
	}
	if (!good)
		kill(server, SIGKILL);
	return wait_for(server) && good && shared->ticks;
}

static void run(const struct workload *w, unsigned int round)
{
	printf("%s %s %u ", w->name, wire->name, round);
	if (!available())
		puts("0 -");
	else if (measure(w, w->warm, w->count))
		printf("%llu %llu\n", (unsigned long long)shared->operations,
		       (unsigned long long)shared->ticks);
	else
		puts("0 !");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned int rounds;

	if (argc == 3 && !strcmp(argv[1], "crowd"))
		be_crowd(argv[2]);
	if (argc != 4) {
		fputs("usage: bench ROUNDS WIRE[,WIRE...] WORKLOAD[,WORKLOAD...]\n"
		      "       bench crowd NAMESPACE\n"
		      "Each WIRE has namespaces WIRE-client and WIRE-server, the latter with 10.9.0.2.\n"
		      "A crowd says when it is there, and stays until it is ended.\n",
		      stderr);
		return 2;
	}
	rounds = atoi(argv[1]);
	shared = share(sizeof(*shared));
	for (unsigned int round = 0; round <= rounds; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(workloads); i++) {
			if (!listed(argv[3], workloads[i].name))
				continue;
			for (size_t j = 0; j < n_wires; j++) {
				wire = &wires[j];
				if (listed(argv[2], wire->name))
					run(&workloads[i], round);
			}
		}
	}
	return 0;
}
