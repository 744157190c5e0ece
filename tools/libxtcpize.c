// SPDX-License-Identifier: GPL-2.0
/*
 * What xtcpize loads into a program: its TCP sockets become xtcp's.
 *
 * Under --only-connect and --only-listen the kind of a socket depends on what it will
 * do, which socket() is not told.  So socket() opens the kind that connects, and
 * listen() replaces it.  connect() could not: programs hand a socket to epoll before
 * they connect it (nginx does), but only after it listens.
 *
 * These functions are called from signal handlers, from other libraries'
 * constructors and between vfork() and exec(): they make their system calls
 * directly, allocate nothing, lock nothing and remember nothing about a socket.
 *
 * A program's socket has the family that it was opened with.  One of AF_XTCP takes that
 * of the addresses and options it is given: bind(), connect() and setsockopt() refuse
 * those that the kernel's TCP would.
 *
 * What stays on the kernel's TCP is told (tell.h) where it is opened, or where a socket
 * that was not opened here is connected or listens for the first time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "libxtcpize.h"
#include "tell.h"
#include "xtcp.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

#define FILES_SEARCHED	1024	/* for a ring */
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- what is wanted ---- */

enum {
	FAMILY		= FAMILY_MAX,
	NATIVE		= 1 << 8,
	ONLY_CONNECT	= 1 << 9,
	ONLY_LISTEN	= 1 << 10,
	STRICT		= 1 << 11,
	KNOWN		= 1 << 12,
};

/* One word, so that whoever reads it before it is set may set it. */
static unsigned int settings;

static unsigned int read_environment(void)
{
	const char *wire = getenv(ENV_WIRE);
	const char *only = getenv(ENV_ONLY);
	const char *family = getenv(ENV_FAMILY);
	unsigned int s = KNOWN;

	s |= family ? atoi(family) & FAMILY : AF_XTCP;
	if (wire && !strcmp(wire, "native"))
		s |= NATIVE;
	if (only && !strcmp(only, "connect"))
		s |= ONLY_CONNECT;
	if (only && !strcmp(only, "listen"))
		s |= ONLY_LISTEN;
	if (getenv(ENV_STRICT))
		s |= STRICT;
	return s;
}

static unsigned int get_settings(void)
{
	unsigned int s = __atomic_load_n(&settings, __ATOMIC_RELAXED);

	if (!s) {
		s = read_environment();
		tell_init();
		__atomic_store_n(&settings, s, __ATOMIC_RELAXED);
	}
	return s;
}

bool is_strict(void)
{
	return get_settings() & STRICT;
}

static int (*next_connect)(int, const struct sockaddr *, socklen_t);

/* Early: a program may overwrite its environment, as setproctitle() does. */
__attribute__((constructor)) static void init(void)
{
	get_settings();
	next_connect = dlsym(RTLD_NEXT, "connect");
}

/* ---- the system calls ---- */

static int sys_socket(int domain, int type, int protocol)
{
	return syscall(SYS_socket, domain, type, protocol);
}

static int sys_getsockopt(int fd, int level, int name, void *val,
			  socklen_t *len)
{
	return syscall(SYS_getsockopt, fd, level, name, val, len);
}

static int sys_setsockopt(int fd, int level, int name, const void *val,
			  socklen_t len)
{
	return syscall(SYS_setsockopt, fd, level, name, val, len);
}

static int sys_bind(int fd, const void *addr, socklen_t len)
{
	return syscall(SYS_bind, fd, addr, len);
}

/* not close(): a thread may be cancelled in it */
static void sys_close(int fd)
{
	syscall(SYS_close, fd);
}

/* An option of IPv6's makes @fd one of AF_INET6: this one, with its default. */
static int become_inet6(int fd)
{
	static const int by_default = -1;
	int error;

	if (!sys_setsockopt(fd, SOL_IPV6, IPV6_UNICAST_HOPS, &by_default, sizeof(by_default)))
		return fd;
	error = errno;
	sys_close(fd);
	errno = error;
	return -1;
}

static int open_xtcp(int domain, int type)
{
	unsigned int s = get_settings();
	int fd;

	if (s & NATIVE)
		return sys_socket(domain == AF_INET6 ? AF_INET6 : s & FAMILY, type, IPPROTO_XTCP);
	fd = sys_socket(s & FAMILY, type, IPPROTO_TCP);
	return fd >= 0 && domain == AF_INET6 ? become_inet6(fd) : fd;
}

static int open_kernel(int domain, int type)
{
	return sys_socket(domain, type, IPPROTO_TCP);
}

/* ---- what a socket is ---- */

static int get_number(int fd, int name)
{
	socklen_t len = sizeof(int);
	int val;

	return sys_getsockopt(fd, SOL_SOCKET, name, &val, &len) ? -1 : val;
}

static bool is_inet(int domain)
{
	return domain == AF_INET || domain == AF_INET6;
}

/* IPPROTO_TCP is the kernel's, IPPROTO_XTCP is xtcp's. */
static bool is_stream(int fd, int protocol)
{
	return get_number(fd, SO_PROTOCOL) == protocol &&
	       get_number(fd, SO_TYPE) == SOCK_STREAM &&
	       is_inet(get_number(fd, SO_DOMAIN));
}

static bool is_closed(int fd)
{
	unsigned char state;
	socklen_t len = sizeof(state);

	return !sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &len) &&
	       state == TCP_CLOSE;
}

/* RFC 2133's struct sockaddr_in6 had no scope, and may still be given. */
#define INET6_ADDRESS_BYTES	offsetof(struct sockaddr_in6, sin6_scope_id)

/* Or else a call must fail with EFAULT: one that reads eight bytes, and does nothing. */
static bool is_readable(const struct sockaddr *addr)
{
	return syscall(SYS_rt_sigprocmask, -1, addr, NULL, sizeof(uint64_t)) && errno != EFAULT;
}

/*
 * What the kernel's TCP says to an address that is not of the socket's family, if @fd is
 * xtcp's and would take it.  Return: 0, or an errno
 */
static int judge_address(int fd, const struct sockaddr *addr, socklen_t len)
{
	int saved = errno, domain, error = 0;

	domain = get_number(fd, SO_DOMAIN);
	if (is_inet(domain) && len >= sizeof(struct sockaddr_in) && is_readable(addr) &&
	    is_inet(addr->sa_family) && domain != addr->sa_family &&
	    is_stream(fd, IPPROTO_XTCP) && is_closed(fd))
		error = domain == AF_INET6 && len < INET6_ADDRESS_BYTES ? EINVAL : EAFNOSUPPORT;
	errno = saved;
	return error;
}

/* ---- a socket takes another's place ---- */

struct option {
	int level;
	int name;
};

/* These decide whom the socket talks to: without them it must not listen. */
static const struct option vital_options[] = {
	{ SOL_SOCKET, SO_BINDTODEVICE },
	{ SOL_SOCKET, SO_MARK },
	{ SOL_SOCKET, SO_DONTROUTE },
	{ IPPROTO_IP, IP_MINTTL },
	{ IPPROTO_IPV6, IPV6_MINHOPCOUNT },
	{ IPPROTO_IPV6, IPV6_V6ONLY },
};

static const struct option options[] = {
	{ SOL_SOCKET, SO_REUSEADDR },
	{ SOL_SOCKET, SO_REUSEPORT },
	{ SOL_SOCKET, SO_KEEPALIVE },
	{ SOL_SOCKET, SO_LINGER },
	{ SOL_SOCKET, SO_OOBINLINE },
	{ SOL_SOCKET, SO_SNDBUF },
	{ SOL_SOCKET, SO_RCVBUF },
	{ SOL_SOCKET, SO_RCVLOWAT },
	{ SOL_SOCKET, SO_RCVTIMEO },
	{ SOL_SOCKET, SO_SNDTIMEO },
	{ SOL_SOCKET, SO_PEEK_OFF },
	{ SOL_SOCKET, SO_TIMESTAMP },
	{ SOL_SOCKET, SO_TIMESTAMPNS },
	{ SOL_SOCKET, SO_INCOMING_CPU },
	{ SOL_SOCKET, SO_BUSY_POLL },
	{ SOL_SOCKET, SO_ZEROCOPY },
	{ SOL_SOCKET, SO_MAX_PACING_RATE },
	{ IPPROTO_IP, IP_TTL },
	{ IPPROTO_IP, IP_TOS },
	{ SOL_SOCKET, SO_PRIORITY },	/* IP_TOS also sets it */
	{ IPPROTO_IP, IP_MTU_DISCOVER },
	{ IPPROTO_IP, IP_FREEBIND },
	{ IPPROTO_IP, IP_TRANSPARENT },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT },
	{ IPPROTO_IP, IP_RECVERR },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS },
	{ IPPROTO_IPV6, IPV6_TCLASS },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER },
	{ IPPROTO_IPV6, IPV6_AUTOFLOWLABEL },
	{ IPPROTO_IPV6, IPV6_FREEBIND },
	{ IPPROTO_IPV6, IPV6_TRANSPARENT },
	{ IPPROTO_IPV6, IPV6_RECVERR },
	{ IPPROTO_TCP, TCP_NODELAY },
	{ IPPROTO_TCP, TCP_CORK },
	{ IPPROTO_TCP, TCP_MAXSEG },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT },
	{ IPPROTO_TCP, TCP_KEEPIDLE },
	{ IPPROTO_TCP, TCP_KEEPINTVL },
	{ IPPROTO_TCP, TCP_KEEPCNT },
	{ IPPROTO_TCP, TCP_SYNCNT },
	{ IPPROTO_TCP, TCP_LINGER2 },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ IPPROTO_TCP, TCP_WINDOW_CLAMP },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT },
	{ IPPROTO_TCP, TCP_FASTOPEN },
	{ IPPROTO_TCP, TCP_CONGESTION },
};

#define BIND_TRIES	200	/* a millisecond apart */

/* Room for IFNAMSIZ, TCP_CA_NAME_MAX and struct timeval. */
#define OPTION_BYTES	32

static int copy_option(int from, int fresh, int to, const struct option *o)
{
	union {
		char bytes[OPTION_BYTES];
		int number;
	} old = { "" }, initial = { "" };
	socklen_t old_len = sizeof(old), initial_len = sizeof(initial);

	if (sys_getsockopt(from, o->level, o->name, &old, &old_len) ||
	    sys_getsockopt(fresh, o->level, o->name, &initial, &initial_len))
		return 0;
	if (old_len == initial_len && !memcmp(&old, &initial, sizeof(old)))
		return 0;
	/* the kernel keeps, and reports, twice what it was asked for */
	if (o->level == SOL_SOCKET &&
	    (o->name == SO_SNDBUF || o->name == SO_RCVBUF))
		old.number /= 2;
	return sys_setsockopt(to, o->level, o->name, &old, old_len);
}

/*
 * The program has set whatever differs from @fresh, a new socket of the same kind. The
 * rest keeps its default, which need not be the same for both kinds.
 */
static int copy_options(int from, int fresh, int to)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vital_options); i++)
		if (copy_option(from, fresh, to, &vital_options[i]))
			return -1;
	for (i = 0; i < ARRAY_SIZE(options); i++)
		copy_option(from, fresh, to, &options[i]);
	return 0;
}

static void copy_flags(int from, int to)
{
	struct f_owner_ex owner;

	if (!fcntl(from, F_GETOWN_EX, &owner) && owner.pid)
		fcntl(to, F_SETOWN_EX, &owner);
	fcntl(to, F_SETSIG, fcntl(from, F_GETSIG));
	fcntl(to, F_SETFL, fcntl(from, F_GETFL));
}

union name {
	struct sockaddr any;
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;
};

static bool is_bound(const union name *name)
{
	if (name->any.sa_family == AF_INET6)
		return name->inet6.sin6_port || !IN6_IS_ADDR_UNSPECIFIED(&name->inet6.sin6_addr);
	return name->inet.sin_port || name->inet.sin_addr.s_addr;
}

/*
 * A socket of xtcp's also holds its port in the kernel's TCP, and a worker of the
 * module lets go of it soon after the socket is closed: only then is the port free.  A
 * port that another has stays taken.
 */
static int bind_freed(int fd, const union name *name, socklen_t len)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	int tries = BIND_TRIES;

	while (sys_bind(fd, name, len)) {
		if (errno != EADDRINUSE || !--tries)
			return -1;
		syscall(SYS_nanosleep, &ms, NULL);
	}
	return 0;
}

/* Put @new where @fd is, with all that @fd has been told so far. */
static int take_place(int fd, int fresh, int new)
{
	union name name = { 0 };
	socklen_t len = sizeof(name);
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || getsockname(fd, &name.any, &len) ||
	    copy_options(fd, fresh, new))
		return -1;
	copy_flags(fd, new);
	/* first, since @fd has the port that @new needs */
	if (dup3(new, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0) < 0)
		return -1;
	return is_bound(&name) ? bind_freed(fd, &name, len) : 0;
}

static int replace(int fd, int (*open_old)(int domain, int type),
		   int (*open_new)(int domain, int type))
{
	int domain = get_number(fd, SO_DOMAIN), fresh, new, err = -1;

	fresh = open_old(domain, SOCK_STREAM | SOCK_CLOEXEC);
	new = open_new(domain, SOCK_STREAM | SOCK_CLOEXEC);
	if (fresh >= 0 && new >= 0)
		err = take_place(fd, fresh, new);
	if (err)
		err = -errno;
	if (fresh >= 0)
		sys_close(fresh);
	if (new >= 0)
		sys_close(new);
	return err;
}

/* ---- what stays ---- */

static bool has_ring(void)
{
	char path[32], target[32];
	bool found = false;
	ssize_t len;
	int fd;

	for (fd = 0; fd < FILES_SEARCHED && !found; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target));
		found = len > 0 && memmem(target, len, "[io_uring]", 10);
	}
	return found;
}

/*
 * Is @fd, about to be connected or to listen for the first time, the kernel's TCP where
 * xtcp is @wanted?  Return: whether the program may not have it
 */
static bool is_refused(int fd, unsigned int not_wanted)
{
	unsigned int s = get_settings();
	int protocol = get_number(fd, SO_PROTOCOL);
	bool only = s & (ONLY_CONNECT | ONLY_LISTEN);
	enum why why;

	if ((protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP) ||
	    s & not_wanted || !is_closed(fd))
		return false;
	if (protocol == IPPROTO_MPTCP)
		why = WHY_MPTCP;
	else
		why = has_ring() ? WHY_URING : WHY_PAST;
	if (why == WHY_MPTCP) {
		/* socket() has told */
		if (!only && !(s & STRICT))
			return false;
		if (only && !(s & STRICT))
			tell_asked(-1);
	}
	tell_kernel(why, s & STRICT);
	return s & STRICT;
}

/* ---- what the program calls ---- */

static int open_mptcp(int domain, int type)
{
	unsigned int s = get_settings();
	bool only = s & (ONLY_CONNECT | ONLY_LISTEN);
	int fd;

	/* programs take this for a host that has no Multipath TCP */
	if (s & STRICT && !only) {
		tell_kernel(WHY_MPTCP, true);
		errno = EPROTONOSUPPORT;
		return -1;
	}
	fd = sys_socket(domain, type, IPPROTO_MPTCP);
	if (fd >= 0 && only)
		tell_asked(1);
	else if (fd >= 0)
		tell_kernel(WHY_MPTCP, false);
	return fd;
}

PUBLIC int socket(int domain, int type, int protocol)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), fd;

	if (kind != SOCK_STREAM || !is_inet(domain) ||
	    (protocol && protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP))
		return sys_socket(domain, type, protocol);
	if (protocol == IPPROTO_MPTCP)
		return open_mptcp(domain, type);
	if (get_settings() & ONLY_LISTEN) {
		fd = sys_socket(domain, type, protocol);
		if (fd >= 0)
			tell_asked(1);
		return fd;
	}
	fd = open_xtcp(domain, type);
	if (fd >= 0)
		tell_xtcp(1);
	return fd;
}

PUBLIC int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int error = judge_address(fd, addr, len);

	if (error) {
		errno = error;
		return -1;
	}
	return sys_bind(fd, addr, len);
}

PUBLIC int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int saved = errno, error;

	if (!next_connect)
		next_connect = dlsym(RTLD_NEXT, "connect");
	error = is_refused(fd, ONLY_LISTEN) ? EAFNOSUPPORT : judge_address(fd, addr, len);
	errno = saved;
	if (error) {
		errno = error;
		return -1;
	}
	return next_connect(fd, addr, len);
}

PUBLIC int listen(int fd, int backlog)
{
	unsigned int s = get_settings();
	int saved = errno, err = 0;

	if (s & ONLY_CONNECT && is_stream(fd, IPPROTO_XTCP) && is_closed(fd)) {
		err = replace(fd, open_xtcp, open_kernel);
		if (!err) {
			tell_xtcp(-1);
			tell_asked(1);
		}
	} else if (s & ONLY_LISTEN && is_stream(fd, IPPROTO_TCP) && is_closed(fd)) {
		err = replace(fd, open_kernel, open_xtcp);
		if (!err) {
			tell_xtcp(1);
			tell_asked(-1);
		}
	} else if (is_refused(fd, ONLY_CONNECT)) {
		err = -EAFNOSUPPORT;
	}
	errno = saved;
	if (err) {
		errno = -err;
		return -1;
	}
	return syscall(SYS_listen, fd, backlog);
}

/* A program that asked for TCP is told that it has TCP. */
PUBLIC int getsockopt(int fd, int level, int name, void *restrict val,
		      socklen_t *restrict len)
{
	static const int tcp = IPPROTO_TCP;
	int ret = sys_getsockopt(fd, level, name, val, len);
	int saved = errno;

	if (level == SOL_SOCKET && name == SO_PROTOCOL && !ret &&
	    *len == sizeof(tcp) && is_stream(fd, IPPROTO_XTCP))
		memcpy(val, &tcp, sizeof(tcp));
	errno = saved;
	return ret;
}

PUBLIC int setsockopt(int fd, int level, int name, const void *val, socklen_t len)
{
	int saved = errno;

	if (level == SOL_IPV6 && get_number(fd, SO_DOMAIN) == AF_INET &&
	    is_stream(fd, IPPROTO_XTCP)) {
		errno = ENOPROTOOPT;
		return -1;
	}
	errno = saved;
	return sys_setsockopt(fd, level, name, val, len);
}
