// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "net.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "info.h"
#include "tap.h"

enum wire wire = WIRE_NATIVE;
enum ip_version ip_version = IP_V4;

bool have_root(void)
{
	return geteuid() == 0;
}

/* A network namespace of our own, with nothing in it but lo, up. */
void netns_new(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		tap_bail_out("unshare: %s", tap_errno_name(errno));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
		tap_bail_out("lo: %s", tap_errno_name(errno));
	ifr.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		tap_bail_out("lo up: %s", tap_errno_name(errno));
	close(fd);
}

/* Return: which of the words a variable of the environment has; the first if it is not set */
static int word_in_env(const char *variable, const char * const *words, int count)
{
	const char *value = getenv(variable);
	char all[64] = "";
	int i;

	if (!value)
		return 0;
	for (i = 0; i < count; i++) {
		if (!strcmp(value, words[i]))
			return i;
		strcat(strcat(all, i ? " or " : ""), words[i]);
	}
	tap_bail_out("%s=%s: %s expected", variable, value, all);
}

/* For net_init(), and for programs that stay in the namespace they were started in. */
void net_from_env(void)
{
	static const char * const wires[] = { "native", "tcp", "kernel" };
	static const char * const ips[] = { "4", "6", "mapped" };
	static const enum wire which[] = { WIRE_NATIVE, WIRE_TCP, WIRE_KERNEL };

	wire = which[word_in_env("XTCP_WIRE", wires, ARRAY_SIZE(wires))];
	ip_version = word_in_env("XTCP_IP", ips, ARRAY_SIZE(ips));
}

/* Called once by tap_main(), before the first test. */
void net_init(void)
{
	int fd;

	net_from_env();
	if (have_root())
		netns_new();
	fd = xsocket();
	if (fd < 0)
		tap_bail_out("socket(%d, SOCK_STREAM, %d): %s", wire_family(),
			     wire_protocol(), tap_errno_name(errno));
	close(fd);
}

int sysctl_set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len = strlen(value);
	ssize_t done;

	if (fd < 0)
		return -1;
	done = write(fd, value, len);
	close(fd);
	return done == len ? 0 : -1;
}

/* The other TCP on the wire under test: the kernel's. */
int other_socket(void)
{
	enum wire tested = wire;
	int fd;

	if (tested == WIRE_TCP)
		wire = WIRE_KERNEL;
	fd = need(xsocket());
	wire = tested;
	return fd;
}

/* The ports among which bind() and connect() choose. */
void set_port_range(const char *range)
{
	need(sysctl_set("/proc/sys/net/ipv4/ip_local_port_range", range));
	if (wire == WIRE_TCP)
		need(sysctl_set("/proc/sys/net/xtcp/local_port_range", range));
}

int wire_family(void)
{
	if (wire == WIRE_TCP)
		return AF_XTCP;
	if (is_inet6())
		return AF_INET6;
	return wire == WIRE_KERNEL ? AF_INET : AF_XTCP;
}

int wire_protocol(void)
{
	if (wire == WIRE_TCP)
		return IPPROTO_TCP;
	return wire == WIRE_NATIVE && is_inet6() ? IPPROTO_XTCP : 0;
}

/* On TCP's wire a socket is of either family until its user speaks of one. */
static int speaking_ipv6(int fd)
{
	if (fd < 0 || wire != WIRE_TCP || !set_int(fd, SOL_IPV6, IPV6_UNICAST_HOPS, -1))
		return fd;
	close(fd);
	return -1;
}

int xsocket_type(int type)
{
	int fd = socket(wire_family(), type, wire_protocol());

	return is_inet6() ? speaking_ipv6(fd) : fd;
}

int xsocket(void)
{
	return xsocket_type(SOCK_STREAM);
}

/* One of AF_INET6, whatever XTCP_IP says. */
int inet6_socket(void)
{
	enum ip_version tested = ip_version;
	int fd;

	ip_version = IP_V6;
	fd = xsocket();
	ip_version = tested;
	return fd;
}

/* The list of a wire's sockets, as far as they are under test, in this thread's namespace. */
const char *sockets_file_of(enum wire which)
{
	if (which == WIRE_KERNEL)
		return is_inet6() ? "/proc/thread-self/net/tcp6" : "/proc/thread-self/net/tcp";
	return is_inet6() ? "/proc/thread-self/net/xtcp6" : "/proc/thread-self/net/xtcp";
}

const char *sockets_file(void)
{
	return sockets_file_of(wire);
}

/* The same. */
int bind4(int fd, const char *ip, int port)
{
	struct address a = at4(ip, port);

	return bind(fd, &a.any, a.len);
}

int connect4(int fd, const char *ip, int port)
{
	struct address a = at4(ip, port);

	return connect_addr(fd, &a);
}

struct address name_of(int fd)
{
	struct address a = { .len = sizeof(a.v6) };

	need(getsockname(fd, &a.any, &a.len));
	return a;
}

struct address peer_of(int fd)
{
	struct address a = { .len = sizeof(a.v6) };

	need(getpeername(fd, &a.any, &a.len));
	return a;
}

int port_of(int fd)
{
	return port_in(name_of(fd));
}

int bind_at(int fd, const char *ip, int port)
{
	struct address a = at(ip, port);

	return bind(fd, &a.any, a.len);
}

int connect_addr(int fd, const struct address *addr)
{
	return connect(fd, &addr->any, addr->len);
}

int connect_at(int fd, const char *ip, int port)
{
	struct address a = at(ip, port);

	/* :: would be ::1 */
	if (ip_version == IP_MAPPED && IN6_IS_ADDR_UNSPECIFIED(&a.v6.sin6_addr))
		memset(&a.v6.sin6_addr.s6_addr[10], 0xff, 2);
	return connect_addr(fd, &a);
}

/* A listener on 127.0.0.1, its port chosen by the kernel. */
int listen_on(int backlog)
{
	int fd = need(xsocket());

	need(bind_at(fd, "127.0.0.1", 0));
	need(listen(fd, backlog));
	return fd;
}

int connect_to(int listener)
{
	struct address addr = name_of(listener);
	int fd = need(xsocket());

	need(connect_addr(fd, &addr));
	return fd;
}

/* A non-blocking connect() that may or may not have completed. */
int connect_start(int listener)
{
	struct address addr = name_of(listener);
	int fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));

	if (connect_addr(fd, &addr) < 0 && errno != EINPROGRESS)
		need(-1);
	return fd;
}

int accept_in_time(int listener)
{
	if (!(poll_for(listener, POLLIN) & POLLIN)) {
		errno = ETIMEDOUT;
		return -1;
	}
	return accept(listener, NULL, NULL);
}

/*
 * A listener whose queue is full: SYNs to it are dropped, so a connect() to it
 * stays in SYN-SENT. fd[0] is the connection that fills it; fd[1] is another,
 * which is certainly in SYN-SENT.
 */
int full_listener(int fd[2])
{
	int l = listen_on(0);

	fd[0] = connect_to(l);
	need(poll_for(l, POLLIN) & POLLIN ? 0 : -1);
	fd[1] = connect_start(l);
	return l;
}

/* A port on which nobody listens: it is only bound. */
int closed_port(void)
{
	int fd = need(xsocket());

	need(bind_at(fd, "127.0.0.1", 0));
	return port_of(fd);
}

void pair_open(struct pair *p)
{
	pair_open_small(p, 0, 0);
}

/* A pair with buffers of the sizes given on both sides, 0 for the default. */
void pair_open_small(struct pair *p, int sndbuf_bytes, int rcvbuf_bytes)
{
	struct address addr;

	p->l = listen_on(4);
	p->c = need(xsocket());
	if (sndbuf_bytes) {
		need(set_int(p->l, SOL_SOCKET, SO_SNDBUF, sndbuf_bytes));
		need(set_int(p->c, SOL_SOCKET, SO_SNDBUF, sndbuf_bytes));
	}
	if (rcvbuf_bytes) {
		need(set_int(p->l, SOL_SOCKET, SO_RCVBUF, rcvbuf_bytes));
		need(set_int(p->c, SOL_SOCKET, SO_RCVBUF, rcvbuf_bytes));
	}
	addr = name_of(p->l);
	need(connect_addr(p->c, &addr));
	p->s = need(accept_in_time(p->l));
}

void pair_close(struct pair *p)
{
	close(p->c);
	close(p->s);
	close(p->l);
}

int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

int get_int(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int value = 0;

	if (getsockopt(fd, level, option, &value, &len) < 0)
		return -1;
	return value;
}

/* Options of IPv4's that IPv6 has as well, by another name. */
static const struct {
	int four, six;
} ip_options[] = {
	{ IP_TOS, IPV6_TCLASS },
	{ IP_TTL, IPV6_UNICAST_HOPS },
	{ IP_MTU_DISCOVER, IPV6_MTU_DISCOVER },
	{ IP_MTU, IPV6_MTU },
	{ IP_RECVERR, IPV6_RECVERR },
	{ IP_FREEBIND, IPV6_FREEBIND },
	{ IP_TRANSPARENT, IPV6_TRANSPARENT },
	{ IP_XFRM_POLICY, IPV6_XFRM_POLICY },
};

int ip_level(void)
{
	return over_ipv6() ? SOL_IPV6 : SOL_IP;
}

/* By IPv4's name: what it is called over the IP under test. */
int ip_option(int four)
{
	size_t i;

	for (i = 0; over_ipv6() && i < ARRAY_SIZE(ip_options); i++)
		if (ip_options[i].four == four)
			return ip_options[i].six;
	return four;
}

int set_ip(int fd, int four, int value)
{
	return set_int(fd, ip_level(), ip_option(four), value);
}

int get_ip(int fd, int four)
{
	return get_int(fd, ip_level(), ip_option(four));
}

/* SO_RCVTIMEO, SO_SNDTIMEO */
int set_ms(int fd, int option, int ms)
{
	struct timeval tv = {
		.tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000,
	};

	return setsockopt(fd, SOL_SOCKET, option, &tv, sizeof(tv));
}

int set_linger(int fd, int on, int seconds)
{
	struct linger linger = { .l_onoff = on, .l_linger = seconds };

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

int so_error(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_ERROR);
}

void set_nonblock(int fd, bool on)
{
	int flags = need(fcntl(fd, F_GETFL));

	need(fcntl(fd, F_SETFL,
		   on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

int fd_inq(int fd)
{
	int bytes = -1;

	return ioctl(fd, SIOCINQ, &bytes) < 0 ? -1 : bytes;
}

int fd_outq(int fd)
{
	int bytes = -1;

	return ioctl(fd, SIOCOUTQ, &bytes) < 0 ? -1 : bytes;
}

static int poll_ms(int fd, int events, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	if (poll(&pfd, 1, ms) < 0)
		return -1;
	return pfd.revents;
}

int poll_now(int fd, int events)
{
	return poll_ms(fd, events, 0);
}

/* Wait until one of the events, POLLERR or POLLHUP is there; 0 if none comes. */
int poll_for(int fd, int events)
{
	return poll_ms(fd, events, LONG_MS);
}

/* No event tells of these three: look again and again, for a bounded time. */
bool wait_inq(int fd, int bytes)
{
	long long end = now_ms() + LONG_MS;

	while (fd_inq(fd) != bytes) {
		if (now_ms() > end)
			return false;
		pause_ms(1);
	}
	return true;
}

bool wait_outq(int fd, int bytes)
{
	long long end = now_ms() + LONG_MS;

	while (fd_outq(fd) != bytes) {
		if (now_ms() > end)
			return false;
		pause_ms(1);
	}
	return true;
}

bool wait_so_error(int fd, int error)
{
	long long end = now_ms() + LONG_MS;
	int got = 0;

	while (!got && now_ms() < end) {
		poll_ms(fd, 0, 100);
		got = so_error(fd);
	}
	errno = got;
	return got == error;
}

long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* Longer than a window probe takes to go out: its answer may make a little room.  A busy
 * machine has long round trips, and so a long RTO.
 */
static int probe_ms(int fd)
{
	struct info info = { 0 };
	int probe;

	get_info(fd, &info);
	probe = info.rto / 1000 * 3 / 2;
	return probe > 5 * SHORT_MS ? probe : 5 * SHORT_MS;
}

/*
 * Send until not a byte more fits, here or at the peer: there is room for a few
 * bytes before poll() tells of it. Return: bytes.
 */
long long fill(int fd)
{
	static const char zeros[4096];
	long long total = 0;
	bool quiet = false, full = false;
	ssize_t n;

	do {
		n = send(fd, zeros, quiet ? 1 : sizeof(zeros),
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			total += n;
			quiet = false;
			continue;
		}
		if (errno != EAGAIN)
			return -1;
		full = quiet;
		if (!full)
			quiet = !(poll_ms(fd, POLLOUT, probe_ms(fd)) & POLLOUT);
	} while (!full);
	return total;
}

/* Read until there is nothing more for a while, or the end. Return: bytes. */
long long drain(int fd)
{
	char buf[16384];
	long long total = 0;
	ssize_t n;

	do {
		while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
			total += n;
		if (n == 0)
			return total;
		if (errno != EAGAIN)
			return -1;
	} while (poll_ms(fd, POLLIN, 4 * SHORT_MS) & POLLIN);
	return total;
}

/* Read to the end. Return: bytes. */
long long read_to_end(int fd)
{
	char buf[16384];
	long long total = 0;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		total += n;
	return n < 0 ? -1 : total;
}

long long send_all(int fd, const void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = send(fd, (const char *)buf + done, len - done, MSG_NOSIGNAL);
		if (n < 0)
			return -1;
		done += n;
	}
	return done;
}

long long recv_all(int fd, void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = recv(fd, (char *)buf + done, len - done, 0);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += n;
	}
	return done;
}
