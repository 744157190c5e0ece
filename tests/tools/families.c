// SPDX-License-Identifier: GPL-2.0
/*
 * families
 *
 * Tells what there is of IPv6 here: for each way to ask for it the name of the error, or
 * "ok".
 */
#include <err.h>
#include <stdio.h>

#include "net.h"
#include "tap.h"

static struct sockaddr_in6 loopback = {
	.sin6_family = AF_INET6,
	.sin6_addr = IN6ADDR_LOOPBACK_INIT,
};

static int open_socket(void)
{
	int fd = xsocket();

	if (fd < 0)
		err(2, "a socket of the wire under test");
	return fd;
}

static int try_bind(void)
{
	return bind(open_socket(), (struct sockaddr *)&loopback, sizeof(loopback));
}

/* Nobody is there. */
static int try_connect(void)
{
	loopback.sin6_port = htons(9);
	return connect(open_socket(), (struct sockaddr *)&loopback, sizeof(loopback));
}

static int try_option(void)
{
	return set_int(open_socket(), SOL_IPV6, IPV6_V6ONLY, 1);
}

static int try_socket(void)
{
	return socket(AF_INET6, SOCK_STREAM, IPPROTO_XTCP);
}

static int try_tcp(void)
{
	return socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
}

static const struct {
	const char *name;
	int (*try)(void);
} tries[] = {
	{ "bind", try_bind },
	{ "connect", try_connect },
	{ "option", try_option },
	{ "socket", try_socket },
	{ "tcp", try_tcp },
};

int main(void)
{
	size_t i;

	net_init();
	for (i = 0; i < ARRAY_SIZE(tries); i++)
		printf("%s %s\n", tries[i].name, tries[i].try() < 0 ? tap_errno_name(errno) : "ok");
	return 0;
}
