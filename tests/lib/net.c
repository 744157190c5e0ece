// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "net.h"

#include <fcntl.h>
#include <linux/in6.h>
#include <linux/rtnetlink.h>
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

/* Of a test's address a.b.c.d, IPv6's counterpart is fd00:7463::a.b.c.d. */
static const unsigned char prefix6[12] = { 0xfd, 0x00, 0x74, 0x63 };

#define PREFIX6_BITS	96

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

static int poll_ms(int fd, int events, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	if (poll(&pfd, 1, ms) < 0)
		return -1;
	return pfd.revents;
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

/* Is it one of IPv6's loopback network?  There is one address in that, so not. */
static bool is_second_loopback(struct in_addr ip)
{
	return ntohl(ip.s_addr) >> 24 == 127 && ntohl(ip.s_addr) != INADDR_LOOPBACK;
}

/* Give lo an address, at once: nobody else could have it.  Who may not needs none.  Return:
 * is it new?
 */
static bool add_to_lo(const struct in6_addr *ip)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg a;
		struct rtattr attr;
		struct in6_addr ip;
	} ask = {
		.h.nlmsg_len = sizeof(ask),
		.h.nlmsg_type = RTM_NEWADDR,
		.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK,
		.a.ifa_family = AF_INET6,
		.a.ifa_prefixlen = 128,
		.a.ifa_flags = IFA_F_NODAD,
		.a.ifa_index = if_nametoindex("lo"),
		.attr.rta_len = RTA_LENGTH(sizeof(*ip)),
		.attr.rta_type = IFA_LOCAL,
		.ip = *ip,
	};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
	} said;
	int fd = need(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));

	need(send(fd, &ask, sizeof(ask), 0));
	need(recv(fd, &said, sizeof(said), 0));
	if (said.e.error && said.e.error != -EEXIST && said.e.error != -EPERM)
		tap_bail_out("an address of lo: %s", tap_errno_name(-said.e.error));
	close(fd);
	return !said.e.error;
}

static struct in6_addr in6_of(struct in_addr ip)
{
	unsigned int host = ntohl(ip.s_addr);
	struct in6_addr six = IN6ADDR_ANY_INIT;

	if (!host)
		return six;
	memcpy(&six.s6_addr[12], &ip, sizeof(ip));
	if (ip_version == IP_MAPPED)
		memset(&six.s6_addr[10], 0xff, 2);
	else if (host == INADDR_LOOPBACK)
		six = in6addr_loopback;
	else if (IN_MULTICAST(host))
		memcpy(six.s6_addr, "\xff\x05", 2);	/* the site's */
	else
		memcpy(six.s6_addr, prefix6, sizeof(prefix6));
	return six;
}

static struct address at4(const char *ip, int port)
{
	struct address a = { .len = sizeof(a.v4) };

	a.v4 = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = inet_addr(ip),
	};
	return a;
}

/* The address that @ip, one of IPv4, stands for; on lo where it would be in 127/8.  One of IPv6
 * is what it is.
 */
struct address at(const char *ip, int port)
{
	struct in_addr four = { inet_addr(ip) };
	struct address a = { .len = sizeof(a.v6) };

	memset(&a.v6, 0, sizeof(a.v6));
	a.v6.sin6_family = AF_INET6;
	a.v6.sin6_port = htons(port);
	if (inet_pton(AF_INET6, ip, &a.v6.sin6_addr) == 1)
		return a;
	if (!is_inet6())
		return at4(ip, port);
	a.v6.sin6_addr = in6_of(four);
	if (over_ipv6() && is_second_loopback(four) && add_to_lo(&a.v6.sin6_addr))
		wait_for_way(-1, ip, -1);
	return a;
}

/*
 * A worker makes the way to a new address of IPv6, and its first solicitations may be lost.
 * Wait until a datagram comes through, between two namespaces or within this one; -1 stands
 * for that.
 */
void wait_for_way(int from, const char *ip, int to)
{
	long long end = now_ms() + LONG_MS;
	struct address a;
	int in, out;

	if (!over_ipv6())
		return;
	if (to >= 0)
		need(setns(to, CLONE_NEWNET));
	a = at(ip, 0);
	in = need(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	need(bind(in, &a.any, a.len));
	need(getsockname(in, &a.any, &a.len));
	out = in;	/* there may be no second port to choose */
	if (from >= 0) {
		need(setns(from, CLONE_NEWNET));
		out = need(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	}
	do {
		if (now_ms() > end)
			tap_bail_out("no way to %s", ip);
		sendto(out, "", 1, 0, &a.any, a.len);
	} while (!(poll_ms(in, POLLIN, 1) & POLLIN));
	close(in);
	if (out != in)
		close(out);
}

bool is_at(struct address a, const char *ip)
{
	struct address want = at(ip, 0);

	if (a.len != want.len || a.any.sa_family != want.any.sa_family)
		return false;
	if (!is_inet6())
		return a.v4.sin_addr.s_addr == want.v4.sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&a.v6.sin6_addr, &want.v6.sin6_addr);
}

/* Both families have it in the same place. */
int port_in(struct address a)
{
	return ntohs(a.v4.sin_port);
}

/* The IPv4 address that it stands for, in the order of this machine. */
unsigned int host_in(struct address a)
{
	struct in_addr four = a.v4.sin_addr;

	if (is_inet6())
		memcpy(&four, &a.v6.sin6_addr.s6_addr[12], sizeof(four));
	return ntohl(four.s_addr);
}

/* The address that @ip stands for on a wire, for a command.  Ten of them last. */
const char *text_at(const char *ip)
{
	static char texts[10][INET6_ADDRSTRLEN];
	static int next;
	char *text = texts[next++ % ARRAY_SIZE(texts)];
	struct address a;

	if (!over_ipv6())
		return ip;
	a = at(ip, 0);
	return inet_ntop(AF_INET6, &a.v6.sin6_addr, text, INET6_ADDRSTRLEN);
}

/* The same with the length of its network's prefix, for ip addr add. */
const char *net_at(const char *ip, int bits)
{
	static char texts[10][INET6_ADDRSTRLEN + sizeof("/128 nodad")];
	static int next;
	char *text = texts[next++ % ARRAY_SIZE(texts)];

	if (over_ipv6())
		sprintf(text, "%s/%d nodad", text_at(ip), bits + PREFIX6_BITS);
	else
		sprintf(text, "%s/%d", ip, bits);
	return text;
}

/* The address that @ip stands for, as lists of sockets show it.  Ten of them last. */
const char *hex_at(const char *ip)
{
	static char texts[10][33];
	static int next;
	char *text = texts[next++ % ARRAY_SIZE(texts)];
	struct address a = at(ip, 0);
	const unsigned int *words = a.v6.sin6_addr.s6_addr32;

	if (is_inet6())
		sprintf(text, "%08X%08X%08X%08X", words[0], words[1], words[2], words[3]);
	else
		sprintf(text, "%08X", a.v4.sin_addr.s_addr);
	return text;
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

/* IPv4's, whatever XTCP_IP says. */
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
