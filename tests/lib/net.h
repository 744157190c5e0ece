/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests share: sockets of the wire under test, pairs of them, other
 * threads that block in a call, data whose every byte is known.
 */
#ifndef TESTS_NET_H
#define TESTS_NET_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "xtcp.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define SHORT_MS	60	/* long enough to see that nothing happens */
#define LONG_MS		8000	/* for what must happen, however slow the machine */

/* XTCP_WIRE=kernel|native|tcp, native if it is not set. */
enum wire {
	WIRE_KERNEL,	/* AF_INET, 0: the kernel's TCP, the yardstick */
	WIRE_NATIVE,	/* AF_XTCP, 0 */
	WIRE_TCP,	/* AF_XTCP, IPPROTO_TCP */
};

extern enum wire wire;

/* XTCP_IP=4|6|mapped, 4 if it is not set. */
enum ip_version {
	IP_V4,		/* sockets of IPv4 */
	IP_V6,		/* of IPv6: an IPv4 address of a test stands for one of IPv6 */
	IP_MAPPED,	/* of IPv6, and IPv4 on the wire: 10.9.0.1 is ::ffff:10.9.0.1 */
};

extern enum ip_version ip_version;

static inline bool over_ipv6(void)
{
	return ip_version == IP_V6;
}

static inline bool is_inet6(void)
{
	return ip_version != IP_V4;
}

/* What IP's header takes, without options. */
static inline int ip_header_bytes(void)
{
	return over_ipv6() ? 40 : 20;
}

void net_from_env(void);
void net_init(void);
void netns_new(void);
int sysctl_set(const char *path, const char *value);
int other_socket(void);
void set_port_range(const char *range);
bool have_root(void);

/* RFC 6928's, in segments; the kernel's TCP begins with ten, however large they are. */
static inline unsigned int initial_window(unsigned int mss)
{
	unsigned int segs = wire == WIRE_KERNEL ? 10 : 14600 / mss;

	return segs > 10 ? 10 : segs < 2 ? 2 : segs;
}

/* Addresses: tests name them as IPv4's, which XTCP_IP translates. */
struct address {
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
};

struct address at(const char *ip, int port);
struct address at4(const char *ip, int port);
bool is_at(struct address a, const char *ip);
int port_in(struct address a);
unsigned int host_in(struct address a);
const char *text_at(const char *ip);
const char *net_at(const char *ip, int bits);
const char *hex_at(const char *ip);
void wait_for_way(int from, const char *ip, int to);
void wait_for_addresses(void);
const char *sockets_file_of(enum wire which);
const char *sockets_file(void);
int bind4(int fd, const char *ip, int port);
int connect4(int fd, const char *ip, int port);

static inline int address_family(void)
{
	return is_inet6() ? AF_INET6 : AF_INET;
}

/* IPv6's may end before sin6_scope_id. */
static inline socklen_t shortest_address(void)
{
	return is_inet6() ? offsetof(struct sockaddr_in6, sin6_scope_id) :
			    sizeof(struct sockaddr_in);
}

/* Sockets. listen_on(), connect_to() and the pairs end the test on failure. */
int wire_family(void);
int wire_protocol(void);
int xsocket(void);
int inet6_socket(void);
int xsocket_type(int type);
struct address name_of(int fd);
struct address peer_of(int fd);
int port_of(int fd);
int bind_at(int fd, const char *ip, int port);
int connect_at(int fd, const char *ip, int port);
int connect_addr(int fd, const struct address *addr);
int listen_on(int backlog);
int connect_to(int listener);
int connect_start(int listener);
int accept_in_time(int listener);
int full_listener(int fd[2]);
int closed_port(void);

struct pair {
	int c;	/* connected */
	int s;	/* accepted */
	int l;	/* the listener, still open */
};

void pair_open(struct pair *p);
void pair_open_small(struct pair *p, int sndbuf_bytes, int rcvbuf_bytes);
void pair_close(struct pair *p);

/* Options and state */
int set_int(int fd, int level, int option, int value);
int get_int(int fd, int level, int option);
int ip_level(void);
int ip_option(int four);
int set_ip(int fd, int four, int value);
int get_ip(int fd, int four);
int set_ms(int fd, int option, int ms);
int set_linger(int fd, int on, int seconds);
int so_error(int fd);
void set_nonblock(int fd, bool on);
int fd_inq(int fd);
int fd_outq(int fd);
int poll_now(int fd, int events);
int poll_for(int fd, int events);
bool wait_inq(int fd, int bytes);
bool wait_outq(int fd, int bytes);
bool wait_so_error(int fd, int error);

/* Time */
long long now_ms(void);
void pause_ms(int ms);

/* Data */
long long fill(int fd);
long long drain(int fd);
long long read_to_end(int fd);
long long send_all(int fd, const void *buf, size_t len);
long long recv_all(int fd, void *buf, size_t len);
void stream_fill(unsigned long long seed, unsigned long long pos,
		 unsigned char *buf, size_t len);
long long stream_diff(unsigned long long seed, unsigned long long pos,
		      const unsigned char *buf, size_t len);
long long stream_send(int fd, unsigned long long seed, long long bytes,
		      size_t chunk);
long long stream_recv(int fd, unsigned long long seed, size_t chunk);

/* Signals: counted in caught() */
void catch_signal(int sig, int sa_flags);
int caught(void);

/**
 * struct bg - a call made by another thread
 * @fn: what the thread does
 * @fd: for @fn
 * @arg: for @fn
 * @ret: what @fn returned, after bg_join()
 * @err: errno after @fn
 */
struct bg {
	long long (*fn)(struct bg *bg);
	int fd;
	void *arg;
	long long ret;
	int err;
	/* private */
	pthread_t thread;
	int tid;
	int started;
	int done;
};

void bg_start(struct bg *bg);
bool bg_blocked(struct bg *bg);
bool bg_ends(struct bg *bg, int ms);
long long bg_join(struct bg *bg);
void bg_signal(struct bg *bg, int sig);
long long bg_accept(struct bg *bg);
long long bg_recv1(struct bg *bg);
long long bg_read_to_end(struct bg *bg);
long long bg_connect(struct bg *bg);

/* Processes */
int fork_run(void (*fn)(void *arg), void *arg);
int exit_status(int pid);

#endif
