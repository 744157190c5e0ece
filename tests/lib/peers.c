// SPDX-License-Identifier: GPL-2.0
#include "peers.h"

#include <sys/socket.h>

#include "tap.h"

/* A socket of the kernel's TCP, where there is something to compare with it. */
int peer_socket(void)
{
	enum wire tested = wire;
	int fd;

	if (tested == WIRE_TCP)
		wire = WIRE_KERNEL;
	fd = need(xsocket());
	wire = tested;
	return fd;
}

/* A connection in which p->c or, if @we_listen, p->s is of the wire under test. */
void peers_open(struct pair *p, bool we_listen)
{
	p->l = we_listen ? need(xsocket()) : peer_socket();
	p->c = we_listen ? peer_socket() : need(xsocket());
	need(bind_at(p->l, "127.0.0.1", 0));
	need(listen(p->l, 4));
	need(connect_at(p->c, "127.0.0.1", port_of(p->l)));
	p->s = need(accept_in_time(p->l));
}
