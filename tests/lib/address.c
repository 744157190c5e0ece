// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses: tests name them as IPv4's, and XTCP_IP says what they stand for.
 */
#define _GNU_SOURCE
#include "net.h"

#include <linux/in6.h>
#include <linux/ipv6_route.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

/* Of a test's address a.b.c.d, IPv6's counterpart is fd00:7463::a.b.c.d. */
static const unsigned char prefix6[12] = { 0xfd, 0x00, 0x74, 0x63 };

#define PREFIX6_BITS	96

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

/* IPv4's, whatever XTCP_IP says. */
struct address at4(const char *ip, int port)
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

/* Within a millisecond. */
static bool readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 1) > 0;
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
	} while (!readable(in));
	close(in);
	if (out != in)
		close(out);
}

static FILE *open_list(const char *path)
{
	FILE *f = fopen(path, "r");

	need(f ? 0 : -1);
	return f;
}

/* Is there a route of the type local to an address, by its device?  Both as /proc has them. */
static bool is_local_on(const char *address, const char *device)
{
	FILE *f = open_list("/proc/thread-self/net/ipv6_route");
	char line[256], to[33], on[IFNAMSIZ];
	unsigned int flags;
	bool found = false;

	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%32s 80 %*s %*s %*s %*s %*s %*s %x %15s", to, &flags,
			       on) == 3 &&
			(flags & RTF_LOCAL) && !strcmp(to, address) && !strcmp(on, device);
	fclose(f);
	return found;
}

/*
 * A worker makes each new address of IPv6 one of this host: until then there is no route to
 * it, but it can be bound.  Wait until it has for all that this namespace has, but those of
 * one link; their devices are up.
 */
void wait_for_addresses(void)
{
	long long end = now_ms() + LONG_MS;
	char address[33], device[IFNAMSIZ];
	FILE *f;

	if (!over_ipv6())
		return;
	f = open_list("/proc/thread-self/net/if_inet6");
	while (fscanf(f, "%32s %*s %*s %*s %*s %15s", address, device) == 2)
		while (strncmp(address, "fe80", 4) && !is_local_on(address, device)) {
			if (now_ms() > end)
				tap_bail_out("%s is not an address of %s", address, device);
			pause_ms(1);
		}
	fclose(f);
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
