// SPDX-License-Identifier: GPL-2.0
/* echo-client ADDR PORT: send standard input line by line, print each answer. */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xtcp.h>

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	char line[4096];
	size_t len;
	int fd;

	if (argc != 3 || inet_pton(AF_INET, argv[1], &addr.sin_addr) != 1)
		errx(1, "usage: %s ADDR PORT", argv[0]);
	addr.sin_port = htons(atoi(argv[2]));

	fd = socket(AF_XTCP, SOCK_STREAM, 0);
	if (fd < 0)
		err(1, "socket");
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
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
