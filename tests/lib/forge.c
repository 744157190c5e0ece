// SPDX-License-Identifier: GPL-2.0
#include "forge.h"

#include "net.h"
#include "tap.h"

static int wire_number(void)
{
	return wire == WIRE_NATIVE ? IPPROTO_XTCP : IPPROTO_TCP;
}

/* A full queue on the way is the flood's own doing. */
static void need_sent(int err)
{
	if (err && errno != ENOBUFS)
		need(-1);
}

int forge_open(void)
{
	return need(spoof_open());
}

void forge(int fd, const struct spoofed *seg)
{
	need_sent(spoof(fd, wire_number(), seg));
}

void forge_icmp(int fd, in_addr_t router, int type, int code, int mtu,
		const struct spoofed *about)
{
	need_sent(spoof_icmp(fd, wire_number(), router, type, code, mtu, about));
}
