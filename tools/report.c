// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "report.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xtcpize.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const char * const why_word[WHYS] = {
	[WHY_MPTCP] = "IPPROTO_MPTCP",
	[WHY_INHERITED] = "inherited from outside",
	[WHY_URING] = "io_uring",
	[WHY_PAST] = "past the C library",
	[WHY_ASKED] = "as asked for",
};

static const int forwarded[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
};

static pid_t program;

/* What a user types at the terminal the kernel sends to both of us. */
static void forward(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (info->si_code <= 0)
		kill(program, number);
	errno = saved;
}

static struct tally *new_tally(void)
{
	struct tally *t;
	char text[48];
	int id = shmget(IPC_PRIVATE, sizeof(*t), IPC_CREAT | 0666);

	t = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
	if (t == (void *)-1)
		err(EXIT_OURS, "--report: shared memory");
	/* it goes with the last process that has it, and until then others may attach */
	if (shmctl(id, IPC_RMID, NULL) ||
	    getrandom(&t->key, sizeof(t->key), 0) != sizeof(t->key))
		err(EXIT_OURS, "--report");
	snprintf(text, sizeof(text), "%d:%lx", id, t->key);
	if (setenv(ENV_TALLY, text, 1))
		err(EXIT_OURS, ENV_TALLY);
	return t;
}

static unsigned int sum(const unsigned int *counters, size_t n)
{
	unsigned int all = 0;

	while (n--)
		all += counters[n];
	return all;
}

/* " (2 IPPROTO_MPTCP, 1 io_uring)", or nothing */
static void print_parts(FILE *to, const unsigned int *counters,
			const char * const *words, size_t n)
{
	const char *before = " (";
	size_t i;

	for (i = 0; i < n; i++) {
		if (!counters[i])
			continue;
		fprintf(to, "%s%u %s", before, counters[i], words[i]);
		before = ", ";
	}
	if (*before == ',')
		fputc(')', to);
}

static void print_line(const char *what, const char *unit,
		       const unsigned int *counters, const char * const *words,
		       size_t n)
{
	unsigned int all = sum(counters, n);

	fprintf(stderr, "xtcpize: %s: %u %s%s", what, all, unit, all == 1 ? "" : "s");
	if (words)
		print_parts(stderr, counters, words, n);
	fputc('\n', stderr);
}

static void print(const struct tally *t)
{
	print_line("on xtcp", "socket", &t->xtcp, NULL, 1);
	print_line("on the kernel's TCP", "socket", t->kernel, why_word, WHYS);
	if (sum(t->programs, REACH_KINDS))
		print_line("out of reach, and on the kernel's TCP", "program",
			   t->programs, reach_word, REACH_KINDS);
}

/* As the program has ended, and without another core file. */
static noreturn void end_as(int status)
{
	static const struct rlimit none;
	sigset_t set;

	if (WIFEXITED(status))
		exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(WTERMSIG(status));
	exit(128 + WTERMSIG(status));
}

void report(unsigned int inherited)
{
	struct sigaction action = {
		.sa_sigaction = forward,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};
	struct tally *t = new_tally();
	sigset_t all, before;
	int status;
	size_t i;

	t->kernel[WHY_INHERITED] = inherited;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	program = fork();
	if (program < 0)
		err(EXIT_OURS, "fork");
	if (program) {
		for (i = 0; i < ARRAY_SIZE(forwarded); i++)
			sigaction(forwarded[i], &action, NULL);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (!program)
		return;
	while (waitpid(program, &status, 0) < 0) {
		if (errno != EINTR)
			err(EXIT_OURS, "waitpid");
	}
	print(t);
	end_as(status);
}
