// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

#define TIMEOUT_S	20	/* for one test, if it asks for nothing else */
#define GRACE_S		3	/* for a process to die after its alarm */
#define LINE_BYTES	1024
#define NAME_BYTES	400

/* Seen by the runner and by every process of the test. */
struct tap_result {
	unsigned int checks;
	char last[LINE_BYTES];
};

/* Seen by all of them. */
struct tap_shared {
	unsigned int count;
	unsigned int failed;
	struct tap_result of[];		/* each test */
};

static struct tap_shared *shared;
static struct tap_result *mine;
static const char *current = "?";

const char *tap_errno_name(int error)
{
	const char *name = error ? strerrorname_np(error) : "0";

	return name ? name : "unknown errno";
}

/* One write() per line: lines of several threads or processes never mix. */
static void put_line(const char *fmt, va_list ap)
{
	char line[2 * LINE_BYTES];
	int len;

	len = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDOUT_FILENO, line, len) != len)
		_exit(1);
}

static void TAP_PRINTF(1, 2) put(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(fmt, ap);
	va_end(ap);
}

static void result(bool good, const char *name, const char *suffix)
{
	unsigned int nr = __atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST);

	if (!good)
		__atomic_add_fetch(&shared->failed, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&mine->checks, 1, __ATOMIC_SEQ_CST);
	snprintf(mine->last, sizeof(mine->last), "%s", name);
	put("%s %u - %s: %s%s", good ? "ok" : "not ok", nr, current, name,
	    suffix);
}

bool tap_ok(bool cond, const char *expr, const char *file, int line,
	    const char *fmt, ...)
{
	char name[NAME_BYTES];
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	result(cond, name, "");
	if (!cond)
		put("#   %s:%d: %s does not hold (errno is %s)", file, line,
		    expr, tap_errno_name(error));
	errno = error;
	return cond;
}

bool tap_eq(long long got, long long want, const char *expr, const char *file,
	    int line, const char *fmt, ...)
{
	char name[NAME_BYTES];
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	result(got == want, name, "");
	if (got != want)
		put("#   %s:%d: %s: got %lld (%#llx, errno is %s), expected %lld (%#llx)",
		    file, line, expr, got, got, tap_errno_name(error), want,
		    want);
	errno = error;
	return got == want;
}

bool tap_fails(long long ret, int error, const char *expr, const char *file,
	       int line, const char *fmt, ...)
{
	char name[NAME_BYTES];
	int got = errno;
	bool good = ret == -1 && got == error;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	result(good, name, "");
	if (!good && ret == -1)
		put("#   %s:%d: %s: got %s, expected %s", file, line, expr,
		    tap_errno_name(got), tap_errno_name(error));
	else if (!good)
		put("#   %s:%d: %s: got %lld, expected -1 and %s", file, line,
		    expr, ret, tap_errno_name(error));
	errno = got;
	return good;
}

long long tap_need(long long ret, const char *expr, const char *file, int line)
{
	int error = errno;

	if (ret >= 0)
		return ret;
	result(false, expr, "");
	put("#   %s:%d: %s: got %lld (%s); the rest of %s is not run", file,
	    line, expr, ret, tap_errno_name(error), current);
	_exit(0);
}

void tap_skip(const char *why, const char *fmt, ...)
{
	char name[NAME_BYTES];
	char suffix[NAME_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	snprintf(suffix, sizeof(suffix), " # SKIP %s", why);
	result(true, name, suffix);
}

void tap_diag(const char *fmt, ...)
{
	char text[NAME_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put("#   %s", text);
}

void tap_bail_out(const char *fmt, ...)
{
	char text[NAME_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put("Bail out! %s", text);
	_exit(255);
}

/* Wait until the child ends, at most for @seconds. */
static bool reap(pid_t pid, int *status, unsigned int seconds)
{
	struct timespec left = { .tv_sec = seconds };
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	while (waitpid(pid, status, WNOHANG) == 0)
		if (sigtimedwait(&chld, NULL, &left) < 0 && errno == EAGAIN)
			return waitpid(pid, status, WNOHANG) == pid;
	return true;
}

/* From now on results are about this test. */
static void turn_to(const struct tap_test *test, struct tap_result *result)
{
	current = test->name;
	mine = result;
}

static unsigned int timeout_of(const struct tap_test *test)
{
	return test->timeout_s ? test->timeout_s : TIMEOUT_S;
}

static pid_t begin(const struct tap_test *test)
{
	pid_t pid = fork();

	if (pid < 0)
		tap_bail_out("fork: %s", tap_errno_name(errno));
	if (!pid) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setpgid(0, 0);
		alarm(timeout_of(test));
		test->fn();
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void end(const struct tap_test *test, pid_t pid)
{
	unsigned int timeout_s = timeout_of(test);
	int status;

	if (!reap(pid, &status, timeout_s + GRACE_S)) {
		kill(-pid, SIGKILL);
		if (!reap(pid, &status, GRACE_S)) {
			result(false, "ends when it is killed", "");
			tap_bail_out("%s cannot be killed, last check: %s",
				     current, mine->last);
		}
	}
	kill(-pid, SIGKILL);	/* processes that the test left behind */

	if (WIFSIGNALED(status)) {
		int sig = WTERMSIG(status);
		char last[LINE_BYTES];

		memcpy(last, mine->last, sizeof(last));
		result(false, sig == SIGALRM ? "ends in time" : "does not crash", "");
		put("#   killed by SIG%s within %u s; last check that completed: %s",
		    sigabbrev_np(sig), timeout_s, last);
	} else if (WEXITSTATUS(status)) {
		if (WEXITSTATUS(status) == 255)
			_exit(255);	/* it bailed out */
		result(false, "exits with status 0", "");
		put("#   exit status %d", WEXITSTATUS(status));
	} else if (!mine->checks) {
		result(false, "makes at least one check", "");
	}
}

static bool is_wanted(const struct tap_test *test)
{
	const char *only = getenv("TAP_ONLY");

	return !only || !strcmp(only, test->name);
}

/**
 * tap_main() - run the tests of a program
 * @tests: the table
 * @count: how many it holds
 *
 * Those that mostly wait begin first and run beside the others, which follow in
 * order.
 *
 * Return: the exit status of the program.
 */
int tap_main(const struct tap_test *tests, int count)
{
	sigset_t chld;
	pid_t *pids;
	int i;

	shared = mmap(NULL, sizeof(*shared) + count * sizeof(shared->of[0]),
		      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pids = calloc(count, sizeof(*pids));
	if (shared == MAP_FAILED || !pids)
		return 1;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	signal(SIGPIPE, SIG_IGN);

	net_init();
	for (i = 0; i < count; i++) {
		turn_to(&tests[i], &shared->of[i]);
		if (tests[i].waits && is_wanted(&tests[i]))
			pids[i] = begin(&tests[i]);
	}
	for (i = 0; i < count; i++) {
		turn_to(&tests[i], &shared->of[i]);
		if (!tests[i].waits && is_wanted(&tests[i]))
			end(&tests[i], begin(&tests[i]));
	}
	for (i = 0; i < count; i++) {
		turn_to(&tests[i], &shared->of[i]);
		if (pids[i])
			end(&tests[i], pids[i]);
	}
	put("1..%u", shared->count);
	return shared->failed != 0;
}
