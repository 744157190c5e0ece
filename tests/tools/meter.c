// SPDX-License-Identifier: GPL-2.0
/*
 * meter
 *	Read standard input, a connection, to its end; then print how many milliseconds
 *	passed from the first byte to the end, how many bytes there were, and how large
 *	the receive buffer is by then.
 */
#include <err.h>
#include <stdio.h>
#include <unistd.h>

#include "net.h"

#define CHUNK_BYTES	(256 * 1024)

int main(void)
{
	static char buf[CHUNK_BYTES];
	long long bytes = 0, start = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0) {
		if (!bytes)
			start = now_ms();
		bytes += n;
	}
	if (n < 0)
		err(1, "read");
	printf("%lld %lld %d\n", bytes ? now_ms() - start : 0, bytes,
	       get_int(STDIN_FILENO, SOL_SOCKET, SO_RCVBUF));
	return 0;
}
