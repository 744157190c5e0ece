// SPDX-License-Identifier: GPL-2.0
/*
 * The peer's host, or the way to it, is gone: who finds out, when, and by which
 * error.
 *
 * run: beside
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

#define PORT	7000

static struct spaces side;
static int listener;

/* With a permanent neighbour entry, so that ARP does not reveal the end. */
static void make(bool know_neighbour)
{
	if (!have_root()) {
		tap_skip("not root", "no namespaces");
		_exit(0);
	}
	spaces_make(&side);
	if (know_neighbour) {
		need(run("ip link set veth0 address 02:00:00:00:00:01") ? 0 : -1);
		need(run("ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:02 dev veth0") ? 0 : -1);
	}
	if (wire != WIRE_KERNEL)
		need(sysctl_wire("rto_min_us", "5000"));
	need(sysctl_wire("retries2", "3"));
	need(sysctl_wire("syn_retries", "1"));
	/* what a test leaves behind must not stay for long */
	need(sysctl_wire("orphan_retries", "1"));
	space_go(side.b);
	need(sysctl_wire("orphan_retries", "1"));
	if (know_neighbour)
		need(run("ip link set veth0 address 02:00:00:00:00:02") ? 0 : -1);
	listener = need(xsocket());
	need(bind_at(listener, "0.0.0.0", PORT));
	need(listen(listener, 16));
	space_go(side.a);
}

/* A connection from a to b; the other end stays open, and unread. */
static int open_one(const char *ip)
{
	int fd = need(xsocket());

	need(connect_at(fd, ip, PORT));
	need(accept_in_time(listener));
	return fd;
}

static void vanish(const char *command)
{
	space_go(side.b);
	need(run("%s", command) ? 0 : -1);
	space_go(side.a);
}

/* Return: the error that the connection ends with.  An RTO that an outage has lengthened
 * takes a while to run out.
 */
static int error_of(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char byte;

	if (poll(&pfd, 1, 8 * LONG_MS) != 1 || !(pfd.revents & POLLERR))
		return 0;
	return recv(fd, &byte, 1, 0) < 0 ? errno : 0;
}

static void keep_alive(int fd)
{
	need(set_int(fd, SOL_TCP, TCP_KEEPIDLE, 1));
	need(set_int(fd, SOL_TCP, TCP_KEEPINTVL, 1));
	need(set_int(fd, SOL_TCP, TCP_KEEPCNT, 1));
	need(set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
}

static void test_silence(void)
{
	int sends, idle, patient, kept, kept_shorter, opens;
	long long start, took;

	make(true);
	sends = open_one("10.9.0.2");
	idle = open_one("10.9.0.2");
	patient = open_one("10.9.0.2");
	kept = open_one("10.9.0.2");
	kept_shorter = open_one("10.9.0.2");
	keep_alive(kept);
	keep_alive(kept_shorter);
	need(set_int(kept_shorter, SOL_TCP, TCP_KEEPCNT, 100));
	need(set_int(kept_shorter, SOL_TCP, TCP_USER_TIMEOUT, 1500));
	need(set_int(patient, SOL_TCP, TCP_USER_TIMEOUT, 400));

	vanish("tc qdisc add dev veth0 root netem loss 100%");
	start = now_ms();
	need(sysctl_wire("retries2", "15"));
	need(send(patient, "x", 1, 0));
	eq(error_of(patient), ETIMEDOUT, "TCP_USER_TIMEOUT");
	took = now_ms() - start;
	ok(took >= 390, "not before its time: %lld ms, %lld timeouts", took, counter("Timeouts"));
	need(sysctl_wire("retries2", "3"));
	need(send(sends, "x", 1, 0));
	opens = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	fails(connect_at(opens, "10.9.0.2", PORT), EINPROGRESS, "connect()");
	eq(error_of(sends), ETIMEDOUT, "data is sent retries2 times, then no more");
	fails(send(sends, "x", 1, MSG_NOSIGNAL), EPIPE, "nor taken");
	eq(error_of(kept), ETIMEDOUT, "SO_KEEPALIVE");
	eq(error_of(kept_shorter), ETIMEDOUT,
	   "TCP_USER_TIMEOUT counts instead of TCP_KEEPCNT");
	eq(error_of(opens), ETIMEDOUT, "the SYN is sent syn_retries times, then no more");
	eq(poll_now(idle, POLLIN | POLLOUT), POLLOUT, "who sends nothing knows nothing");
	if (wire != WIRE_KERNEL) {
		eq(counter("AbortOnTimeout"), 5, "AbortOnTimeout");
		ok(counter("KeepAlives") >= 2, "KeepAlives");
	}
}

static void test_keepalive_of_the_living(void)
{
	long long start = now_ms();
	int fd;

	make(true);
	fd = open_one("10.9.0.2");
	keep_alive(fd);
	while (wire != WIRE_KERNEL && counter("KeepAlives") < 2 &&
	       now_ms() - start < LONG_MS)
		pause_ms(20);
	eq(poll_now(fd, POLLIN | POLLOUT), POLLOUT, "an answered probe ends nothing");
	eq(so_error(fd), 0, "no error");
}

static void test_device_gone(void)
{
	int fd, error;

	make(true);
	fd = open_one("10.9.0.2");
	vanish("ip link delete veth0");
	need(send(fd, "x", 1, 0));
	error = error_of(fd);
	ok(error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH,
	   "an error of the network: %s", tap_errno_name(error));
	fails(connect_at(need(xsocket()), "10.9.0.2", PORT), ENETUNREACH, "connect()");
}

static void test_neighbour_gone(void)
{
	int fd;

	make(false);
	if (wire != WIRE_KERNEL)
		need(sysctl_wire("rto_min_us", "200000"));
	fd = open_one("10.9.0.2");
	need(sysctl_ip("neigh/veth0/retrans_time_ms", "50"));
	/* without ARP a device still answers IPv6's solicitations */
	vanish(over_ipv6() ? "ip addr del 10.9.0.2/24 dev veth0" :
			     "ip link set veth0 arp off");
	need(run("ip neigh flush dev veth0") ? 0 : -1);
	need(send(fd, "x", 1, 0));
	eq(error_of(fd), EHOSTUNREACH, "data");
	fails(connect_at(need(xsocket()), "10.9.0.2", PORT), EHOSTUNREACH, "connect()");
}

/*
 * A route that says "unreachable" answers five times in a burst, then once a
 * second, by a setting of the first namespace. Let it answer each time.
 */
static void always_answer(void)
{
	int here;

	if (over_ipv6())	/* which has icmp/ratelimit alone */
		return;
	here = need(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));

	space_go(need(open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC)));
	need(sysctl_set("/proc/sys/net/ipv4/route/error_cost", "0"));
	space_go(here);
}

/* b is a router to 10.11.0.0/24, and at first has an address in it. */
static void test_router(void)
{
	struct address far = at("10.11.0.1", PORT);
	char byte = 0;
	int fd, s;

	make(true);
	always_answer();
	need(run("ip route add 10.11.0.0/24 via 10.9.0.2") ? 0 : -1);
	space_go(side.b);
	router_here();
	need(run("ip addr add 10.11.0.1/32 dev lo") ? 0 : -1);
	wait_for_way(side.a, "10.11.0.1", side.b);
	space_go(side.a);

	fd = need(xsocket());
	need(connect_addr(fd, &far));
	s = need(accept_in_time(listener));
	vanish("ip addr del 10.11.0.1/32 dev lo && ip route add unreachable 10.11.0.0/24");
	need(sysctl_wire("retries2", "15"));
	need(send(fd, "x", 1, 0));
	fails(connect_addr(need(xsocket()), &far), no_route_errno(),
	      "a connection that opens ends by what the router says");
	eq(poll_now(fd, POLLIN | POLLOUT), POLLOUT, "one that is open goes on");
	vanish("ip route del unreachable 10.11.0.0/24 && ip addr add 10.11.0.1/32 dev lo");
	eq(recv(s, &byte, 1, 0), 1, "and reaches its peer when there is a way again");
	eq(byte, 'x', "with what it sent");
	/* sent once only, so that the timeout follows the path again */
	need(wait_outq(fd, 0) ? 0 : -1);
	need(send(fd, "x", 1, 0));
	need(recv(s, &byte, 1, 0));
	need(wait_outq(fd, 0) ? 0 : -1);

	need(sysctl_wire("retries2", "3"));
	vanish("ip addr del 10.11.0.1/32 dev lo && ip route add unreachable 10.11.0.0/24");
	need(send(fd, "x", 1, 0));
	eq(error_of(fd), no_route_errno(), "without a way it ends by the router's error");
}

static void test_host_restarted(void)
{
	char byte;
	int fd, s;

	make(true);
	fd = need(xsocket());
	need(connect_at(fd, "10.9.0.2", PORT));
	s = need(accept_in_time(listener));
	/* nobody hears what the old host still has to say */
	vanish("ip addr del 10.9.0.2/24 dev veth0");
	need(set_linger(s, 1, 0));
	close(s);
	vanish("ip addr add 10.9.0.2/24 dev veth0");
	need(send(fd, "x", 1, 0));
	ok(poll_for(fd, POLLIN) & POLLERR, "a host that knows of nothing");
	fails(recv(fd, &byte, 1, 0), ECONNRESET, "resets");
}

static const struct tap_test tests[] = {
	TEST_SLOW(silence, 150),
	TEST(keepalive_of_the_living),
	TEST_SLOW(device_gone, 120),
	TEST_SLOW(neighbour_gone, 120),
	TEST_SLOW(router, 120),
	TEST(host_restarted),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
