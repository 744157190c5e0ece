// SPDX-License-Identifier: GPL-2.0
/*
 * ADDR is of IPv4, or what stands for it (XTCP_IP), or of IPv6.
 *
 * xcat ADDR PORT
 *	Send standard input, shut down for writing, print what the peer sends
 *	meanwhile and after.
 * xcat -l ADDR PORT COMMAND [ARGUMENT...]
 *	Let COMMAND serve each connection: the connection is its standard input
 *	and output. Returns once it listens, and prints the number of the
 *	process that does.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "space.h"
#include "tap.h"

#define CHUNK_BYTES	65536

static noreturn void failed(const char *call)
{
	errx(1, "%s: %s", call, tap_errno_name(errno));
}

static int new_socket(const char *ip)
{
	int fd = strchr(ip, ':') ? inet6_socket() : xsocket();

	if (fd < 0)
		failed("socket");
	return fd;
}

static void serve(const char *ip, int port, char **command)
{
	int l = new_socket(ip), fd, pid;

	set_int(l, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind_at(l, ip, port) < 0)
		failed("bind");
	if (listen(l, SOMAXCONN) < 0)
		failed("listen");
	pid = fork();
	if (pid < 0)
		failed("fork");
	if (pid) {
		printf("%d\n", pid);
		exit(0);
	}
	setsid();
	signal(SIGCHLD, SIG_IGN);
	fd = open("/dev/null", O_RDWR);
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	while ((fd = accept(l, NULL, NULL)) >= 0) {
		if (!fork()) {
			signal(SIGCHLD, SIG_DFL);
			dup2(fd, STDIN_FILENO);
			dup2(fd, STDOUT_FILENO);
			close(fd);
			close(l);
			execvp(command[0], command);
			failed(command[0]);
		}
		close(fd);
	}
	failed("accept");
}

struct sender {
	int fd;
	char buf[CHUNK_BYTES];
	size_t len;
	size_t done;
	bool ended;
};

/* One step of standard input to the peer; the socket takes data. */
static void send_some(struct sender *s)
{
	ssize_t n;

	if (s->done == s->len) {
		n = read(STDIN_FILENO, s->buf, sizeof(s->buf));
		if (n < 0)
			failed("read");
		if (!n) {
			s->ended = true;
			if (shutdown(s->fd, SHUT_WR) < 0)
				failed("shutdown");
			return;
		}
		s->len = n;
		s->done = 0;
	}
	n = send(s->fd, s->buf + s->done, s->len - s->done,
		 MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN)
		failed("send");
	if (n > 0)
		s->done += n;
}

/* Return: false at the end of the stream */
static bool receive_some(int fd)
{
	static char buf[CHUNK_BYTES];
	ssize_t n, done, m;

	n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0)
		failed("recv");
	for (done = 0; done < n; done += m) {
		m = write(STDOUT_FILENO, buf + done, n - done);
		if (m < 0)
			failed("write");
	}
	return n > 0;
}

static void talk(const char *ip, int port)
{
	static struct sender s;
	struct pollfd pfd;

	s.fd = new_socket(ip);
	if (connect_at(s.fd, ip, port) < 0)
		failed("connect");
	pfd.fd = s.fd;
	for (;;) {
		pfd.events = s.ended ? POLLIN : POLLIN | POLLOUT;
		if (poll(&pfd, 1, -1) < 0)
			failed("poll");
		if (pfd.revents & (POLLIN | POLLERR | POLLHUP) &&
		    !receive_some(s.fd))
			break;
		if (!s.ended && pfd.revents & POLLOUT)
			send_some(&s);
	}
	if (!s.ended)
		errx(1, "the peer has ended before us");
}

int main(int argc, char **argv)
{
	net_from_env();
	if (argc == 3)
		talk(argv[1], atoi(argv[2]));
	else if (argc > 4 && !strcmp(argv[1], "-l"))
		serve(argv[2], atoi(argv[3]), argv + 4);
	else
		errx(2, "usage: %s ADDR PORT | -l ADDR PORT COMMAND...", argv[0]);
	return 0;
}
