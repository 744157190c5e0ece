// SPDX-License-Identifier: GPL-2.0
/*
 * A flood of SYNs from addresses that do not answer: what each costs, what is kept of them,
 * and how an honest client fares meanwhile.  And what several listeners that share a port
 * cost it without a flood.
 *
 * As bench.c, it runs in a guest whose clock counts instructions, and prints a line for a
 * measurement:
 *
 *	MEASURE WIRE ROUND OPERATIONS VALUE
 *
 * VALUE is in instructions, or nanoseconds, which are the same, or KiB; "-" if the kernel
 * has no such sockets and "!" if it failed.  Round 0 warms up, with fewer SYNs.
 *
 * The SYNs have no options, so all of them are answered by segments of the same length.  Those
 * answers go to a router that does not exist: the device brings them to the flood's namespace,
 * which drops them as not its own, without a look at what they are.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "ends.h"
#include "mark.h"
#include "spoof.h"
#include "xtcp.h"

#define BACKLOG		4096
#define LEAST_SYNS	10000
#define BLANKS		"\n "
#define NOBODY		"10.9.0.3"
#define PATIENCE_S	60	/* on the guest's clock */

/* While there are honest clients */
#define CLIENTS		200
#define REQUEST_BYTES	100
#define ANSWER_BYTES	1000
#define CLIENT_PATIENCE_S 10
/* So many SYNs at a time go before everything else, as packets do that a NIC hands over; then
 * the processor is others', for a fifth of what a connection takes, and for more than the
 * twentieth part below which the scheduler would take it from the flood.
 */
#define BURST		16
#define GAP_NS		25000

#define MOST_LISTENERS	8
#define WARM		200
#define CONNECTIONS	400

/* What the processes share; all run on one processor. */
static struct {
	__u64 kept, cookies, nobody, connections;	/* ticks */
	__u64 kib;
	unsigned int half_open, answered;
	unsigned int served;				/* of the clients */
	__u64 took[CLIENTS];
	bool over;
} *shared;

static unsigned int syns;
static struct sockaddr_in victim;

/* ---- processes ---- */

static void tell(int fd)
{
	need(write(fd, "", 1) == 1, "pipe");
}

/* Return: false if it has ended */
static bool told(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1;
}

/* A server, that tells @ready when it can be asked. */
struct server {
	pid_t pid;
	int ready, ask;
};

/* Return: true in the server, which tells @tell and is asked by @asked */
static bool spawn_server(struct server *s, int *ready, int *asked)
{
	int up[2], down[2];

	need(!pipe(up) && !pipe(down), "pipe");
	s->pid = spawn(PATIENCE_S);
	if (s->pid == 0) {
		close(up[0]);
		close(down[1]);
		*ready = up[1];
		*asked = down[0];
		enter_end(wire->name, "server");
		return true;
	}
	close(up[1]);
	close(down[0]);
	s->ready = up[0];
	s->ask = down[1];
	return false;
}

static bool end_server(struct server *s, bool good)
{
	if (good)
		tell(s->ask);
	else
		kill(s->pid, SIGKILL);
	close(s->ready);
	close(s->ask);
	return wait_for(s->pid) && good;
}

/* ---- what the kernel says ---- */

static bool is_kernel(void)
{
	return wire->family == AF_INET;
}

static FILE *opened(const char *path)
{
	FILE *f = fopen(path, "r");

	need(f, path);
	return f;
}

/* Half-open connections of this namespace. */
static unsigned int half_open(void)
{
	FILE *f = opened(is_kernel() ? "/proc/self/net/tcp" : "/proc/self/net/xtcp");
	char line[512], state[3];
	unsigned int n = 0;

	while (fgets(line, sizeof(line), f))
		n += sscanf(line, "%*s %*s %*s %2s", state) == 1 && !strcmp(state, "03");
	fclose(f);
	return n;
}

/* Of "TcpExt: NAME NAME..." and "TcpExt: VALUE VALUE...", that of a name. */
static unsigned int kernel_counter(const char *name)
{
	FILE *f = opened("/proc/self/net/netstat");
	char names[8192], values[8192], *n, *v;
	unsigned int value = 0;

	while (fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		char *rest_names = names, *rest_values = values;

		if (strncmp(names, "TcpExt:", 7))
			continue;
		while ((n = strtok_r(rest_names, BLANKS, &rest_names)) &&
		       (v = strtok_r(rest_values, BLANKS, &rest_values))) {
			if (!strcmp(n, name))
				value = strtoul(v, NULL, 10);
		}
	}
	fclose(f);
	return value;
}

static unsigned int xtcp_counter(const char *name)
{
	FILE *f = opened("/proc/self/net/xtcp_stat");
	char line[128], found[64];
	unsigned int value, ours = 0;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %u", found, &value) == 2 && !strcmp(found, name))
			ours = value;
	}
	fclose(f);
	return ours;
}

static unsigned int cookies_sent(void)
{
	return is_kernel() ? kernel_counter("SyncookiesSent") : xtcp_counter("SyncookiesSent");
}

/* What the kernel has taken for good: objects, and tables that are too large for one. */
static __u64 kib_held(void)
{
	int refresh = open("/proc/sys/vm/stat_refresh", O_WRONLY);
	unsigned long long kib, all = 0;
	char line[128];
	FILE *f;

	/* each processor counts for itself, and tells seldom */
	need(refresh >= 0 && write(refresh, "1", 1) == 1, "stat_refresh");
	close(refresh);
	f = opened("/proc/meminfo");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "SUnreclaim: %llu", &kib) == 1 ||
		    sscanf(line, "VmallocUsed: %llu", &kib) == 1)
			all += kib;
	}
	fclose(f);
	return all;
}

/* ---- the flood by itself ---- */

static int flood_fd;
static unsigned int sent;

static int protocol(void)
{
	return is_kernel() || wire->protocol ? IPPROTO_TCP : IPPROTO_XTCP;
}

static void begin_flood(const char *to)
{
	enter_end(wire->name, "client");
	sent = 0;
	victim = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = inet_addr(to),
	};
	flood_fd = spoof_open();
	need(flood_fd >= 0, "raw socket");
}

static void send_syns(unsigned int n)
{
	while (n--)
		need(!spoof_syn(flood_fd, sent++, protocol(), &victim), "SYN");
}

/* Of the flood, count.so counts a part. */
static enum { NOTHING, KEPT, COOKIES } counted;

/* Return: what it took */
static __u64 timed_syns(unsigned int n, bool count)
{
	__u64 ticks;

	if (count)
		mark_start();
	ticks = __rdtsc();
	send_syns(n);
	ticks = __rdtsc() - ticks;
	if (count)
		mark_stop();
	return ticks;
}

static void flood(void)
{
	__u64 before;

	begin_flood("10.9.0.2");
	/* what an earlier flood left is freed by then, after RCU's grace periods */
	sleep(1);
	before = kib_held();
	shared->kept = timed_syns(BACKLOG, counted == KEPT);
	shared->cookies = timed_syns(syns - BACKLOG, counted == COOKIES);
	/* the routes of the SYNs as well; no half-open connection ends so soon */
	usleep(100000);
	shared->kib = kib_held() - before;
}

static bool measure_flood(void)
{
	struct server server;
	int ready, asked;
	pid_t pid;
	bool good;

	if (spawn_server(&server, &ready, &asked)) {
		unsigned int before = cookies_sent();

		open_listener_as(PORT, SO_REUSEADDR, BACKLOG);
		tell(ready);
		if (told(asked)) {
			shared->half_open = half_open();
			shared->answered = shared->half_open + cookies_sent() - before;
		}
		_exit(0);
	}
	good = told(server.ready);
	if (good) {
		pid = spawn(PATIENCE_S);
		if (pid == 0) {
			flood();
			_exit(0);
		}
		good = wait_for(pid);
	}
	return end_server(&server, good);
}

/* The same packets to a router that does not exist: what sending them costs alone. */
static bool measure_nobody(void)
{
	pid_t pid = spawn(PATIENCE_S);

	if (pid == 0) {
		begin_flood(NOBODY);
		shared->nobody = timed_syns(syns, false);
		_exit(0);
	}
	return wait_for(pid);
}

/* ---- an honest client meanwhile ---- */

static bool send_bytes(int fd, size_t bytes)
{
	return send(fd, chunk, bytes, MSG_NOSIGNAL) == (ssize_t)bytes;
}

static bool recv_bytes(int fd, size_t bytes)
{
	return recv(fd, chunk, bytes, MSG_WAITALL) == (ssize_t)bytes;
}

static void be_patient(int fd)
{
	struct timeval limit = { .tv_sec = CLIENT_PATIENCE_S };

	need(!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), "SO_SNDTIMEO");
	need(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "SO_RCVTIMEO");
}

/* Whoever comes; a client that fails is its own business. */
static void serve(int listener)
{
	for (;;) {
		int fd = open_accepted(listener);

		be_patient(fd);
		if (recv_bytes(fd, REQUEST_BYTES) && send_bytes(fd, ANSWER_BYTES))
			recv(fd, chunk, 1, 0);
		close(fd);
	}
}

static bool be_client(void)
{
	struct sockaddr_storage address;
	socklen_t len = server_address(PORT, &address);
	int fd = open_socket();
	bool good;

	be_patient(fd);
	good = !connect(fd, (void *)&address, len) && send_bytes(fd, REQUEST_BYTES) &&
	       recv_bytes(fd, ANSWER_BYTES);
	if (!good)
		fprintf(stderr, "flood: a client, %s wire: %s\n", wire->name, strerror(errno));
	close(fd);
	return good;
}

/* One after the other, each when the flood has come so far. */
static void be_clients(int turns)
{
	for (unsigned int i = 0; i < CLIENTS; i++) {
		__u64 turn, began;

		need(read(turns, &turn, sizeof(turn)) == sizeof(turn), "turn");
		began = __rdtsc();
		if (be_client())
			shared->took[shared->served++] = __rdtsc() - began;
	}
}

/* Until the clients are through, and all SYNs are sent. */
static void flood_clients(int turns)
{
	const struct timespec gap = { .tv_nsec = GAP_NS };
	unsigned int given = 0;

	begin_flood("10.9.0.2");
	send_syns(2 * BACKLOG);
	while (sent < syns || !__atomic_load_n(&shared->over, __ATOMIC_RELAXED)) {
		send_syns(BURST);
		if (given < CLIENTS &&
		    sent - 2 * BACKLOG >= (syns - 2 * BACKLOG) / (CLIENTS + 1) * (given + 1)) {
			__u64 one = 1;

			need(write(turns, &one, sizeof(one)) == sizeof(one), "turn");
			given++;
		}
		nanosleep(&gap, NULL);
	}
}

static int compare(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool measure_clients(void)
{
	int ready, asked, turns = eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC);
	pid_t client = -1, flooder = -1;
	struct server server;
	bool good;

	need(turns >= 0, "eventfd");
	if (spawn_server(&server, &ready, &asked)) {
		int listener = open_listener_as(PORT, SO_REUSEADDR, BACKLOG);

		tell(ready);
		serve(listener);
	}
	good = told(server.ready);
	if (good) {
		client = spawn(PATIENCE_S);
		if (client == 0) {
			enter_end(wire->name, "client");
			be_clients(turns);
			_exit(0);
		}
		flooder = spawn_as(PATIENCE_S, SCHED_FIFO, 1);
		if (flooder == 0) {
			flood_clients(turns);
			_exit(0);
		}
		good = wait_for(client);
		__atomic_store_n(&shared->over, true, __ATOMIC_RELAXED);
		good = wait_for(flooder) && good;
	}
	end_server(&server, false);
	close(turns);
	qsort(shared->took, shared->served, sizeof(*shared->took), compare);
	return good;
}

/* ---- listeners that share a port ---- */

static void serve_many(unsigned int listeners, int ready)
{
	int set = epoll_create1(EPOLL_CLOEXEC);

	need(set >= 0, "epoll");
	for (unsigned int i = 0; i < listeners; i++) {
		struct epoll_event event = { .events = EPOLLIN };

		event.data.fd = open_listener_as(PORT, SO_REUSEPORT, 128);
		need(!epoll_ctl(set, EPOLL_CTL_ADD, event.data.fd, &event), "EPOLL_CTL_ADD");
	}
	tell(ready);
	for (unsigned int i = 0; i < WARM + CONNECTIONS; i++) {
		struct epoll_event event;
		int fd;

		need(epoll_wait(set, &event, 1, -1) == 1, "epoll_wait");
		fd = open_accepted(event.data.fd);
		need(recv_bytes(fd, 1) && send_bytes(fd, 1), "exchange");
		need(recv(fd, chunk, 1, 0) == 0, "end");
		close(fd);
	}
}

static void connect_to_many(void)
{
	__u64 began = 0;

	enter_end(wire->name, "client");
	for (unsigned int i = 0; i < WARM + CONNECTIONS; i++) {
		int fd;

		if (i == WARM) {
			mark_start();
			began = __rdtsc();
		}
		fd = open_connection(PORT);
		need(send_bytes(fd, 1) && recv_bytes(fd, 1), "exchange");
		close(fd);
	}
	shared->connections = __rdtsc() - began;
	mark_stop();
}

static bool measure_listeners(unsigned int listeners)
{
	struct server server;
	int ready, asked;
	pid_t client;
	bool good;

	if (spawn_server(&server, &ready, &asked)) {
		serve_many(listeners, ready);
		_exit(!told(asked));
	}
	good = told(server.ready);
	if (good) {
		client = spawn_as(PATIENCE_S, SCHED_BATCH, 0);
		if (client == 0) {
			connect_to_many();
			_exit(0);
		}
		good = wait_for(client);
	}
	return end_server(&server, good);
}

/* ---- measurements ---- */

static void print(const char *measure, unsigned int round, unsigned int operations, __u64 value)
{
	printf("%s %s %u %u %llu\n", measure, wire->name, round, operations,
	       (unsigned long long)value);
}

static bool run_flood(unsigned int round)
{
	if (!measure_flood())
		return false;
	print("syn", round, syns, shared->kept + shared->cookies);
	print("kept", round, BACKLOG, shared->kept);
	print("cookie", round, syns - BACKLOG, shared->cookies);
	print("answered", round, 1, shared->answered);
	print("halfopen", round, 1, shared->half_open);
	print("memory", round, 1, shared->kib);
	return true;
}

static bool run_kept(unsigned int round)
{
	counted = KEPT;
	if (!measure_flood())
		return false;
	print("kept", round, BACKLOG, shared->kept);
	return true;
}

static bool run_cookie(unsigned int round)
{
	counted = COOKIES;
	if (!measure_flood())
		return false;
	print("cookie", round, syns - BACKLOG, shared->cookies);
	return true;
}

static bool run_nobody(unsigned int round)
{
	if (!measure_nobody())
		return false;
	print("nobody", round, syns, shared->nobody);
	return true;
}

static bool run_clients(unsigned int round)
{
	if (!measure_clients())
		return false;
	print("served", round, 1, shared->served);
	if (!shared->served)
		return true;
	print("median", round, 1, shared->took[shared->served / 2]);
	print("most", round, 1, shared->took[shared->served * 95 / 100]);
	print("worst", round, 1, shared->took[shared->served - 1]);
	return true;
}

static bool run_listener(unsigned int round)
{
	if (!measure_listeners(1))
		return false;
	print("listener", round, CONNECTIONS, shared->connections);
	return true;
}

static bool run_listeners(unsigned int round)
{
	if (!measure_listeners(MOST_LISTENERS))
		return false;
	print("listeners", round, CONNECTIONS, shared->connections);
	return true;
}

/* Half-open connections of a listener that has gone may wait for their timers. */
static void settle(void)
{
	pid_t pid = spawn(PATIENCE_S);

	if (pid == 0) {
		enter_end(wire->name, "server");
		while (half_open())
			usleep(100000);
		_exit(0);
	}
	need(wait_for(pid), "no end of half-open connections");
}

struct scene {
	const char *name;
	/* Return: false if it failed.  Prints what it has measured. */
	bool (*run)(unsigned int round);
	const char *measures[8];
};

static const struct scene scenes[] = {
	{ "flood", run_flood, { "syn", "kept", "cookie", "answered", "halfopen", "memory" } },
	{ "nobody", run_nobody, { "nobody" } },
	{ "clients", run_clients, { "served", "median", "most", "worst" } },
	{ "listener", run_listener, { "listener" } },
	{ "listeners", run_listeners, { "listeners" } },
	/* for count.so: a part of the flood */
	{ "kept", run_kept, { "kept" } },
	{ "cookie", run_cookie, { "cookie" } },
};

static void run(const struct scene *scene, unsigned int round)
{
	const char *said = NULL;

	memset(shared, 0, sizeof(*shared));
	counted = NOTHING;
	if (!available())
		said = "-";
	else if (!scene->run(round))
		said = "!";
	settle();
	for (const char * const *name = scene->measures; said && *name; name++)
		printf("%s %s %u 0 %s\n", *name, wire->name, round, said);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *number = getenv("BENCH_SYNS");
	unsigned int rounds, most;

	if (argc != 4 || !number || atoi(number) < LEAST_SYNS) {
		fprintf(stderr, "usage: BENCH_SYNS=N flood ROUNDS WIRE[,WIRE...] SCENE[,SCENE...]\n"
			"N is at least %d.  Each WIRE has namespaces WIRE-client and WIRE-server,\n"
			"the latter with 10.9.0.2 and a route for %s; %s is nobody's.\n",
			LEAST_SYNS, SPOOFED_NET, NOBODY);
		return 2;
	}
	rounds = atoi(argv[1]);
	most = atoi(number);
	shared = share(sizeof(*shared));
	/* what leaves connections in TIME_WAIT comes last: they are forgotten at any time */
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		if (!listed(argv[3], scenes[i].name))
			continue;
		for (unsigned int round = 0; round <= rounds; round++) {
			syns = round || most / 10 < LEAST_SYNS ? most : most / 10;
			for (size_t j = 0; j < n_wires; j++) {
				wire = &wires[j];
				if (listed(argv[2], wire->name))
					run(&scenes[i], round);
			}
		}
	}
	return 0;
}
