// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "tell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define WORDS	5	/* of a line, at most */

static const char * const socket_words[WHYS] = {
	[WHY_MPTCP] = "an IPPROTO_MPTCP socket",
	[WHY_URING] = "a TCP socket not from socket() (it has an io_uring)",
	[WHY_PAST] = "a TCP socket not from socket() (but from past the C library, or received)",
};

/* What has been said: children that a process forks do not say it again. */
struct said {
	bool kernel[WHYS];
	bool programs[REACH_KINDS];
};

static struct said private_said, *said = &private_said;
static struct tally private_tally, *tally = &private_tally;

/* The file that standard error was.  A program may close it and open another. */
static struct stat standard_error;

/* Return: NULL if the number has become another's */
static struct tally *attach(const char *text)
{
	struct tally *t;
	char *end;
	int id = strtol(text, &end, 10);

	if (*end != ':')
		return NULL;
	t = shmat(id, NULL, 0);
	if (t == (void *)-1)
		return NULL;
	if (t->key == strtoul(end + 1, NULL, 16))
		return t;
	shmdt(t);
	return NULL;
}

void tell_init(void)
{
	const char *text = getenv(ENV_TALLY);
	int saved = errno;
	void *shared;

	shared = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared != MAP_FAILED)
		said = shared;
	if (text)
		tally = attach(text) ?: &private_tally;
	if (fstat(STDERR_FILENO, &standard_error))
		standard_error.st_ino = 0;
	errno = saved;
}

static void count(unsigned int *counter, int by)
{
	__atomic_fetch_add(counter, by, __ATOMIC_RELAXED);
}

void tell_xtcp(int by)
{
	count(&tally->xtcp, by);
}

void tell_asked(int by)
{
	count(&tally->kernel[WHY_ASKED], by);
}

static bool is_first(bool *said_it)
{
	return !__atomic_exchange_n(said_it, true, __ATOMIC_RELAXED);
}

/* A line, in one piece. */
static void say(bool strict, const char * const words[])
{
	struct iovec v[WORDS + 2];
	struct stat now;
	size_t i, n = 0;

	if (fstat(STDERR_FILENO, &now) || !standard_error.st_ino ||
	    now.st_ino != standard_error.st_ino ||
	    now.st_dev != standard_error.st_dev)
		return;
	v[n++].iov_base = strict ? "xtcpize --strict: " : "xtcpize: ";
	for (i = 0; i < WORDS && words[i]; i++)
		v[n++].iov_base = (void *)words[i];
	v[n++].iov_base = "\n";
	for (i = 0; i < n; i++)
		v[i].iov_len = strlen(v[i].iov_base);
	/* not writev(): a thread may be cancelled in it */
	syscall(SYS_writev, STDERR_FILENO, v, n);
}

void tell_kernel(enum why why, bool refused)
{
	const char * const words[WORDS] = {
		program_invocation_short_name,
		refused ? " is refused " : " has the kernel's TCP for ",
		socket_words[why],
	};
	int saved = errno;

	if (!refused)
		count(&tally->kernel[why], 1);
	if (is_first(&said->kernel[why]))
		say(refused, words);
	errno = saved;
}

void tell_program(enum reach reach, const char *path, bool refused)
{
	const char * const words[WORDS] = {
		program_invocation_short_name,
		refused ? " may not start " : " starts ",
		path,
		refused ? ": it " : " on the kernel's TCP, since it ",
		reach_why[reach],
	};
	int saved = errno;

	if (!refused)
		count(&tally->programs[reach], 1);
	if (is_first(&said->programs[reach]))
		say(refused, words);
	errno = saved;
}
