// SPDX-License-Identifier: GPL-2.0
#include "ends.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xtcp.h"

const struct wire wires[] = {
	{ .name = "kernel", .family = AF_INET },
	{ .name = "native", .family = AF_XTCP },
	{ .name = "tcp", .family = AF_XTCP, .protocol = IPPROTO_TCP },
	/* the kernel's TCP: without the module, with it, with a listener of xtcp's, with
	 * very many sockets of xtcp's
	 */
	{ .name = "absent", .family = AF_INET },
	{ .name = "loaded", .family = AF_INET },
	{ .name = "listener", .family = AF_INET, .listener = true },
	{ .name = "crowd", .family = AF_INET, .listener = true },
};

const unsigned int n_wires = ARRAY_SIZE(wires);
const struct wire *wire;
char chunk[CHUNK_BYTES];

void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s, %s wire: %s\n", program_invocation_short_name, what,
		wire ? wire->name : "no", strerror(errno));
	_exit(1);
}

const struct wire *wire_named(const char *name)
{
	for (unsigned int i = 0; i < n_wires; i++) {
		if (!strcmp(wires[i].name, name))
			return &wires[i];
	}
	errno = ENOENT;
	need(false, name);
	return NULL;
}

/* Memory that is the children's as well. */
void *share(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);

	need(memory != MAP_FAILED, "mmap");
	return memory;
}

/* BENCH_IPV6: measure over IPv6. */
static bool over_ipv6(void)
{
	static int over = -1;

	if (over < 0)
		over = !!getenv("BENCH_IPV6");
	return over;
}

socklen_t server_address(int port, struct sockaddr_storage *to)
{
	if (over_ipv6()) {
		struct sockaddr_in6 *ip6 = (struct sockaddr_in6 *)to;

		*ip6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
		inet_pton(AF_INET6, "fd00:9::2", &ip6->sin6_addr);
		return sizeof(*ip6);
	}
	*(struct sockaddr_in *)to = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = inet_addr("10.9.0.2"),
	};
	return sizeof(struct sockaddr_in);
}

/* As a program of IPv6's asks for it; on TCP's wire the address decides. */
static int open_of_wire(void)
{
	if (!over_ipv6() || wire->protocol == IPPROTO_TCP)
		return socket(wire->family, SOCK_STREAM, wire->protocol);
	return socket(AF_INET6, SOCK_STREAM, wire->family == AF_INET ? 0 : IPPROTO_XTCP);
}

int open_socket(void)
{
	int fd = open_of_wire();

	need(fd >= 0, "socket");
	return fd;
}

/* @reuse: SO_REUSEADDR, or SO_REUSEPORT */
int open_listener_as(int port, int reuse, int backlog)
{
	struct sockaddr_storage address;
	socklen_t len = server_address(port, &address);
	int on = 1, fd = open_socket();

	need(!setsockopt(fd, SOL_SOCKET, reuse, &on, sizeof(on)), "listener's option");
	need(!bind(fd, (void *)&address, len), "bind");
	need(!listen(fd, backlog), "listen");
	return fd;
}

int open_listener(int port)
{
	return open_listener_as(port, SO_REUSEADDR, 128);
}

int open_connection(int port)
{
	struct sockaddr_storage address;
	socklen_t len = server_address(port, &address);
	int fd = open_socket();

	need(!connect(fd, (void *)&address, len), "connect");
	return fd;
}

int open_accepted(int listener)
{
	int fd = accept(listener, NULL, NULL);

	need(fd >= 0, "accept");
	return fd;
}

/* Whether the kernel has such sockets at all. */
bool available(void)
{
	int fd = open_of_wire();

	if (fd >= 0)
		close(fd);
	return fd >= 0 || (errno != EPROTONOSUPPORT && errno != EAFNOSUPPORT);
}

void enter(const char *space)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", space);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	need(fd >= 0 && !setns(fd, CLONE_NEWNET), space);
	close(fd);
}

void enter_end(const char *pair, const char *end)
{
	char space[64];

	snprintf(space, sizeof(space), "%s-%s", pair, end);
	enter(space);
}

pid_t spawn(unsigned int patience_s)
{
	pid_t pid = fork();

	need(pid >= 0, "fork");
	if (pid == 0)
		alarm(patience_s);
	return pid;
}

bool wait_for(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && status == 0;
}

pid_t spawn_as(unsigned int patience_s, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	pid_t pid = spawn(patience_s);

	if (pid == 0)
		need(!sched_setscheduler(0, policy, &param), "scheduler");
	return pid;
}

bool listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, length) && (!at[length] || at[length] == ','))
			return true;
	}
	return false;
}
