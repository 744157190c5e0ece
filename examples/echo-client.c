// SPDX-License-Identifier: GPL-2.0
/* echo-client ADDR PORT: send standard input line by line, print each answer. */
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <xtcp.h>

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *at;
	char line[4096];
	size_t len;
	int fd;

	/* IPv4 or IPv6: a socket of AF_XTCP takes the family of its address */
	if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &at))
		errx(1, "usage: %s ADDR PORT", argv[0]);

	fd = socket(AF_XTCP, SOCK_STREAM, 0);
	if (fd < 0)
		err(1, "socket");
	if (connect(fd, at->ai_addr, at->ai_addrlen) < 0)
		err(1, "connect %s:%s", argv[1], argv[2]);

	while (fgets(line, sizeof(line), stdin)) {
		len = strlen(line);
		if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
			err(1, "send");
		if (recv(fd, line, len, MSG_WAITALL) != (ssize_t)len)
			err(1, "recv");
		fwrite(line, 1, len, stdout);
		fflush(stdout);
	}
	return 0;
}
