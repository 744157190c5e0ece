// SPDX-License-Identifier: GPL-2.0
/* echo-server ADDR PORT: send back what each client sends, one at a time. */
#include <err.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xtcp.h>

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *at;
	int listener, client, on = 1;
	char buf[65536];
	ssize_t n;

	/* IPv4 or IPv6: a socket of AF_XTCP takes the family of its address */
	if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &at))
		errx(1, "usage: %s ADDR PORT", argv[0]);

	listener = socket(AF_XTCP, SOCK_STREAM, 0);
	if (listener < 0)
		err(1, "socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, at->ai_addr, at->ai_addrlen) < 0)
		err(1, "bind %s:%s", argv[1], argv[2]);
	if (listen(listener, SOMAXCONN) < 0)
		err(1, "listen");

	while ((client = accept(listener, NULL, NULL)) >= 0) {
		while ((n = recv(client, buf, sizeof(buf), 0)) > 0)
			for (ssize_t done = 0, sent; done < n; done += sent) {
				sent = send(client, buf + done, n - done, MSG_NOSIGNAL);
				if (sent < 0)
					break;
			}
		close(client);
	}
	err(1, "accept");
}
