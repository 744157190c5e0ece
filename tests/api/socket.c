// SPDX-License-Identifier: GPL-2.0
/* Creating sockets: types, protocols, flags, and how a fresh socket describes itself.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static void test_types(void)
{
	int proto = wire_protocol();

	ok(xsocket() >= 0, "SOCK_STREAM");
	if (wire == WIRE_KERNEL) {
		fails(socket(AF_INET, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT,
		      "SOCK_SEQPACKET");
		fails(socket(AF_INET, SOCK_RDM, 0), ESOCKTNOSUPPORT, "SOCK_RDM");
	} else {
		fails(socket(AF_XTCP, SOCK_DGRAM, proto), ESOCKTNOSUPPORT,
		      "SOCK_DGRAM");
		fails(socket(AF_XTCP, SOCK_SEQPACKET, proto), ESOCKTNOSUPPORT,
		      "SOCK_SEQPACKET");
		fails(socket(AF_XTCP, SOCK_RAW, proto), ESOCKTNOSUPPORT,
		      "SOCK_RAW");
		fails(socket(AF_XTCP, SOCK_RDM, proto), ESOCKTNOSUPPORT,
		      "SOCK_RDM");
		fails(socket(AF_XTCP, SOCK_DCCP, proto), ESOCKTNOSUPPORT,
		      "SOCK_DCCP");
	}
	fails(socket(wire_family(), 0, proto), ESOCKTNOSUPPORT, "type 0");
	fails(socket(wire_family(), 11, proto), EINVAL, "type 11");
	fails(socket(wire_family(), SOCK_STREAM | 0x100, proto), EINVAL,
	      "an unknown flag");
}

static void test_protocols(void)
{
	int family = wire_family();

	ok(socket(family, SOCK_STREAM, 0) >= 0, "protocol 0");
	ok(wire != WIRE_TCP || socket(family, SOCK_STREAM, IPPROTO_TCP) >= 0,
	   "protocol IPPROTO_TCP");
	if (wire != WIRE_KERNEL)
		ok(socket(family, SOCK_STREAM, IPPROTO_XTCP) >= 0,
		   "protocol IPPROTO_XTCP");
	fails(socket(family, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT,
	      "protocol IPPROTO_UDP");
	fails(socket(family, SOCK_STREAM, 200), EPROTONOSUPPORT,
	      "an unused protocol");
	fails(socket(family, SOCK_STREAM, 255), EPROTONOSUPPORT,
	      "protocol 255");
	fails(socket(family, SOCK_STREAM, -1), EINVAL, "protocol -1");
	fails(socket(family, SOCK_STREAM, 100000), EINVAL,
	      "protocol out of range");
}

static void test_flags(void)
{
	int fd = need(xsocket());

	eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0, "no FD_CLOEXEC by default");
	eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0, "no O_NONBLOCK by default");
	fd = need(xsocket_type(SOCK_STREAM | SOCK_CLOEXEC));
	eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC, "SOCK_CLOEXEC");
	fd = need(xsocket_type(SOCK_STREAM | SOCK_NONBLOCK));
	eq(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK, "SOCK_NONBLOCK");
}

static void test_fresh(void)
{
	int want = wire == WIRE_KERNEL ? IPPROTO_TCP : IPPROTO_XTCP;
	struct address addr;
	int fd = need(xsocket());
	struct stat st;
	char byte;

	eq(get_int(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM, "SO_TYPE");
	eq(get_int(fd, SOL_SOCKET, SO_DOMAIN), address_family(), "SO_DOMAIN");
	/* never IPPROTO_TCP for xtcp, whatever it says on the wire */
	eq(get_int(fd, SOL_SOCKET, SO_PROTOCOL), want, "SO_PROTOCOL");
	eq(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 0, "SO_ACCEPTCONN");
	eq(so_error(fd), 0, "SO_ERROR");
	addr = name_of(fd);
	eq(addr.any.sa_family, address_family(), "getsockname: family");
	eq(port_in(addr), 0, "getsockname: port");
	ok(is_at(addr, "0.0.0.0"), "getsockname: address");
	ok(!fstat(fd, &st) && S_ISSOCK(st.st_mode), "fstat: a socket");
	fails(lseek(fd, 0, SEEK_SET), ESPIPE, "lseek");
	fails(pread(fd, &byte, 1, 0), ESPIPE, "pread");
	fails(recv(fd, &byte, 1, 0), ENOTCONN, "recv");
	fails(read(fd, &byte, 1), ENOTCONN, "read");
	fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE, "send");
	fails(accept(fd, NULL, NULL), EINVAL, "accept");
	fails(shutdown(fd, SHUT_RDWR), ENOTCONN, "shutdown");
	eq(close(fd), 0, "close");
	fails(close(fd), EBADF, "close again");
}

static void test_pairs(void)
{
	int fd[2];

	fails(socketpair(wire_family(), SOCK_STREAM, wire_protocol(), fd),
	      EOPNOTSUPP, "socketpair");
}

/* Each is closed in a state of its own; none may be left behind. */
static void test_many(void)
{
	int i, fd = -1;

	for (i = 0; i < 100; i++) {
		fd = xsocket();
		if (fd < 0 || close(fd) < 0)
			break;
	}
	eq(i, 100, "100 sockets opened and closed");
	for (i = 0; i < 100; i++) {
		fd = xsocket();
		if (fd < 0)
			break;
	}
	eq(i, 100, "100 sockets open at once");
}

static const struct tap_test tests[] = {
	TEST(types),
	TEST(protocols),
	TEST(flags),
	TEST(fresh),
	TEST(pairs),
	TEST(many),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
