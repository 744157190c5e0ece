// SPDX-License-Identifier: GPL-2.0
/* echo-server ADDR PORT: send back what each client sends, one at a time. */
#include <arpa/inet.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>
#include <xtcp.h>

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int listener, client, on = 1;
	char buf[65536];
	ssize_t n;

	if (argc != 3 || inet_pton(AF_INET, argv[1], &addr.sin_addr) != 1)
		errx(1, "usage: %s ADDR PORT", argv[0]);
	addr.sin_port = htons(atoi(argv[2]));

	listener = socket(AF_XTCP, SOCK_STREAM, 0);
	if (listener < 0)
		err(1, "socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0)
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
