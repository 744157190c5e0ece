// SPDX-License-Identifier: GPL-2.0
/*
 * puppet: one connection, and what it is to do next comes from standard input, a line each:
 *
 *	connect ADDR PORT	does not wait for the answer
 *	listen ADDR PORT BACKLOG
 *	accept			goes on with the connection; the listener stays
 *	unlisten		closes it
 *	write N			octets, as many as there is room for
 *	acked			waits until all of it is acknowledged
 *	read N			waits for them
 *	end			waits for the end of the stream
 *	set OPTION VALUE	cork, nodelay, keepidle
 *	shutdown
 *	close
 *
 * After each line that succeeded it prints "done", and of write how many.  Whatever fails ends
 * it.  So does the end of its input; the socket is closed then.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static int fd = -1, listener = -1;
static char data[1 << 20];

static void must(bool good, const char *what)
{
	if (!good)
		errx(1, "%s: %s", what, tap_errno_name(errno));
}

static void set(const char *option, int value)
{
	if (!strcmp(option, "cork")) {
		set_int(fd, IPPROTO_TCP, TCP_CORK, value);
	} else if (!strcmp(option, "nodelay")) {
		set_int(fd, IPPROTO_TCP, TCP_NODELAY, value);
	} else if (!strcmp(option, "keepidle")) {
		set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, value);
		set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	} else {
		errx(1, "there is no option %s", option);
	}
}

static long write_some(size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t part = n - done < sizeof(data) ? n - done : sizeof(data);
		ssize_t got = send(fd, data, part, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (got < 0 && errno == EAGAIN)
			break;
		must(got >= 0, "send");
		done += got;
	}
	return done;
}

static void read_all(size_t n)
{
	while (n) {
		ssize_t got = recv(fd, data, n < sizeof(data) ? n : sizeof(data), 0);

		must(got > 0, "recv");
		n -= got;
	}
}

static void wait_for_acks(void)
{
	int left;

	do {
		must(!ioctl(fd, SIOCOUTQ, &left), "SIOCOUTQ");
		usleep(1000);
	} while (left);
}

static void read_until_end(void)
{
	ssize_t got;

	do {
		got = recv(fd, data, sizeof(data), 0);
		must(got >= 0, "recv");
	} while (got);
}

static void open_socket(bool nonblocking)
{
	fd = xsocket();
	must(fd >= 0, "socket");
	if (nonblocking)
		fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void do_accept(void)
{
	fd = accept(listener, NULL, NULL);
	must(fd >= 0, "accept");
}

static void obey(char *line)
{
	char word[16] = "", name[64] = "";
	long a = 0, b = 0, wrote = -1;

	if (sscanf(line, "%15s %63s %ld %ld", word, name, &a, &b) < 1)
		errx(1, "an empty line");
	if (!strcmp(word, "connect")) {
		open_socket(true);
		must(!connect_at(fd, name, a) || errno == EINPROGRESS, "connect");
		fcntl(fd, F_SETFL, 0);
	} else if (!strcmp(word, "listen")) {
		open_socket(false);
		listener = fd;
		set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		must(!bind_at(fd, name, a), "bind");
		must(!listen(fd, b), "listen");
	} else if (!strcmp(word, "accept")) {
		do_accept();
	} else if (!strcmp(word, "unlisten")) {
		close(listener);
	} else if (!strcmp(word, "write")) {
		wrote = write_some(atol(name));
	} else if (!strcmp(word, "read")) {
		read_all(atol(name));
	} else if (!strcmp(word, "acked")) {
		wait_for_acks();
	} else if (!strcmp(word, "end")) {
		read_until_end();
	} else if (!strcmp(word, "set")) {
		set(name, a);
	} else if (!strcmp(word, "shutdown")) {
		must(!shutdown(fd, SHUT_WR), "shutdown");
	} else if (!strcmp(word, "close")) {
		close(fd);
	} else {
		errx(1, "no such thing can be done: %s", line);
	}
	if (wrote >= 0)
		printf("done %ld\n", wrote);
	else
		puts("done");
	fflush(stdout);
}

int main(void)
{
	char line[128];

	net_from_env();
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	return 0;
}
