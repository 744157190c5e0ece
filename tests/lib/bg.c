// SPDX-License-Identifier: GPL-2.0
/* Other threads, other processes, signals. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"
#include "tap.h"

static int caught_count;

static void on_signal(int sig)
{
	(void)sig;
	__atomic_add_fetch(&caught_count, 1, __ATOMIC_SEQ_CST);
}

void catch_signal(int sig, int sa_flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = sa_flags };

	__atomic_store_n(&caught_count, 0, __ATOMIC_SEQ_CST);
	need(sigaction(sig, &sa, NULL));
}

int caught(void)
{
	return __atomic_load_n(&caught_count, __ATOMIC_SEQ_CST);
}

static void *bg_main(void *arg)
{
	struct bg *bg = arg;

	bg->tid = gettid();
	eventfd_write(bg->started, 1);
	errno = 0;
	bg->ret = bg->fn(bg);
	bg->err = errno;
	eventfd_write(bg->done, 1);
	return NULL;
}

void bg_start(struct bg *bg)
{
	eventfd_t v;

	bg->started = need(eventfd(0, EFD_CLOEXEC));
	bg->done = need(eventfd(0, EFD_CLOEXEC));
	if (pthread_create(&bg->thread, NULL, bg_main, bg))
		need(-1);
	eventfd_read(bg->started, &v);
	close(bg->started);
}

/* Is the thread asleep in a system call, by choice? */
static bool asleep(int tid)
{
	char path[64];
	char text[256];
	char *state;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] == 'S';
}

/* Does the thread come to sleep in its call, and stay there? */
bool bg_blocked(struct bg *bg)
{
	long long end = now_ms() + LONG_MS;
	int seen = 0;

	while (seen < 3 && now_ms() < end) {
		if (bg_ends(bg, 2))
			return false;
		seen = asleep(bg->tid) ? seen + 1 : 0;
	}
	return seen == 3;
}

bool bg_ends(struct bg *bg, int ms)
{
	struct pollfd pfd = { .fd = bg->done, .events = POLLIN };

	return poll(&pfd, 1, ms) == 1;
}

/* Return: what the call returned, with its errno; the test ends if it does not. */
long long bg_join(struct bg *bg)
{
	if (!bg_ends(bg, LONG_MS)) {
		errno = ETIMEDOUT;
		need(-1);
	}
	pthread_join(bg->thread, NULL);
	close(bg->done);
	errno = bg->err;
	return bg->ret;
}

void bg_signal(struct bg *bg, int sig)
{
	pthread_kill(bg->thread, sig);
}

long long bg_accept(struct bg *bg)
{
	return accept(bg->fd, NULL, NULL);
}

long long bg_recv1(struct bg *bg)
{
	char byte;

	return recv(bg->fd, &byte, 1, 0);
}

long long bg_read_to_end(struct bg *bg)
{
	return read_to_end(bg->fd);
}

long long bg_connect(struct bg *bg)
{
	return connect_addr(bg->fd, bg->arg);
}

int fork_run(void (*fn)(void *arg), void *arg)
{
	int pid = need(fork());

	if (!pid) {
		alarm(LONG_MS / 1000);
		fn(arg);
		_exit(0);
	}
	return pid;
}

/* Return: the exit status of the child, 128 + the signal that ended it. */
int exit_status(int pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}
