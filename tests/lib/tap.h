/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP output. A program is a table of tests; each test runs in a process of its
 * own, under an alarm, and every check in it is one named TAP line.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdbool.h>
#include <stdnoreturn.h>

/**
 * struct tap_test - one test
 * @name: first word of the name of each of its checks
 * @fn: runs in a process of its own
 * @timeout_s: after which it is killed and counted as failed, 0 for the default
 * @waits: it mostly sleeps undisturbed, so it runs beside the others
 */
struct tap_test {
	const char *name;
	void (*fn)(void);
	unsigned int timeout_s;
	bool waits;
};

/* TEST(x) is test_x() */
#define TEST(x)			{ #x, test_##x, 0, false }
#define TEST_SLOW(x, seconds)	{ #x, test_##x, seconds, false }
#define TEST_WAITS(x)		{ #x, test_##x, 0, true }

#define TAP_PRINTF(m, n)	__attribute((format(printf, m, n)))

/* ok(cond, name...): cond holds */
#define ok(cond, ...)	tap_ok(!!(cond), #cond, __FILE__, __LINE__, __VA_ARGS__)

/* eq(got, want, name...): two integers are equal; if not, errno is shown */
#define eq(got, want, ...) \
	tap_eq((long long)(got), (long long)(want), #got, __FILE__, __LINE__, \
	       __VA_ARGS__)

/* fails(call, error, name...): the call returns -1 and sets errno to error */
#define fails(call, error, ...) \
	tap_fails((long long)(call), error, #call, __FILE__, __LINE__, \
		  __VA_ARGS__)

/* need(call): a step that is not the subject; if it fails the test ends here */
#define need(call)	tap_need((long long)(call), #call, __FILE__, __LINE__)

int tap_main(const struct tap_test *tests, int count);
const char *tap_errno_name(int error);

bool tap_ok(bool cond, const char *expr, const char *file, int line,
	    const char *fmt, ...) TAP_PRINTF(5, 6);
bool tap_eq(long long got, long long want, const char *expr, const char *file,
	    int line, const char *fmt, ...) TAP_PRINTF(6, 7);
bool tap_fails(long long ret, int error, const char *expr, const char *file,
	       int line, const char *fmt, ...) TAP_PRINTF(6, 7);
long long tap_need(long long ret, const char *expr, const char *file, int line);

void tap_skip(const char *why, const char *fmt, ...) TAP_PRINTF(2, 3);
void tap_diag(const char *fmt, ...) TAP_PRINTF(1, 2);
noreturn void tap_bail_out(const char *fmt, ...) TAP_PRINTF(1, 2);

#endif
