// SPDX-License-Identifier: GPL-2.0
/*
 * xtcpize [OPTION...] PROGRAM [ARGUMENT...]
 *
 * Runs PROGRAM with libxtcpize.so, which makes its TCP sockets xtcp's.  It first looks
 * for whatever would let PROGRAM run on the kernel's TCP all the same.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"
#include "xtcp.h"
#include "xtcpize.h"

#define FAMILY_FILE	"/sys/module/xtcp/parameters/family"
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const char usage[] =
"usage: xtcpize [OPTION...] PROGRAM [ARGUMENT...]\n"
"\n"
"Runs PROGRAM, and what it starts, with xtcp in place of the kernel's TCP: each\n"
"TCP socket, over IPv4 or IPv6, is xtcp's.\n"
"\n"
"  --native         xtcp's own wire, IP protocol 253: the peer is xtcp, too\n"
"                   (default: TCP on the wire, for any peer)\n"
"  --only-connect   the connections that PROGRAM opens, not those it accepts\n"
"  --only-listen    the connections that PROGRAM accepts, not those it opens\n"
"  --strict         what would stay on the kernel's TCP fails\n"
"  --report         at the end, count the sockets on xtcp and on the kernel's TCP\n"
"  --family N       the number of AF_XTCP (default: what the module says, or 13)\n"
"  -h, --help       this text\n"
"  -V, --version    which version this is\n"
"\n"
"What stays on the kernel's TCP, such as a socket of io_uring's, is told on standard\n"
"error, once a kind.\n"
"\n"
"Out of reach are programs without dynamic linking, in Go, or with more rights\n"
"than their caller. They need socket(AF_INET, SOCK_STREAM, 253) in their source,\n"
"or AF_INET6: that is xtcp's own wire, from any program. More is in xtcpize(1).\n"
"\n"
"Exit status: PROGRAM's; 125 if xtcp cannot be had, 126 if PROGRAM cannot be run\n"
"with it, 127 if PROGRAM is not there.\n";

struct choice {
	bool native;
	bool strict, report;
	const char *only;
	int family;
};

/* ---- the program ---- */

/* As execvp() finds it. */
static void find_program(const char *name, char path[PATH_MAX])
{
	if (reach_find(name, path))
		return;
	if (!strchr(name, '/'))
		errx(EXIT_NOT_FOUND, "%s: no such program in PATH", name);
	if (access(name, F_OK))
		err(EXIT_NOT_FOUND, "%s", name);
	errx(EXIT_CANNOT, "%s: not a program", name);
}

static void check_program(const char *name)
{
	char path[PATH_MAX];
	enum reach reach;

	find_program(name, path);
	reach = reach_program(path);
	if (reach == REACH_YES)
		return;
	warnx("%s %s", path, reach_why[reach]);
	if (reach == REACH_STATIC || reach == REACH_GO)
		warnx("socket(AF_INET, SOCK_STREAM, %d) in its source is xtcp without xtcpize",
		      IPPROTO_XTCP);
	exit(EXIT_CANNOT);
}

/* ---- sockets from outside ---- */

static int get_number(int fd, int name)
{
	socklen_t len = sizeof(int);
	int val;

	return getsockopt(fd, SOL_SOCKET, name, &val, &len) ? -1 : val;
}

static bool is_kernel_tcp(int fd)
{
	int protocol = get_number(fd, SO_PROTOCOL);

	return (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP) &&
	       get_number(fd, SO_TYPE) == SOCK_STREAM;
}

/* libxtcpize.so tells of this one when the program uses it. */
static bool is_unused(int fd)
{
	unsigned char state = 0;
	socklen_t len = sizeof(state);

	return !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &len) &&
	       state == TCP_CLOSE;
}

/* A socket may be there as several files. */
static bool is_new(int fd)
{
	static ino_t seen[64];
	static size_t n;
	struct stat st;
	size_t i;

	if (fstat(fd, &st))
		return false;
	for (i = 0; i < n; i++) {
		if (seen[i] == st.st_ino)
			return false;
	}
	if (n < ARRAY_SIZE(seen))
		seen[n++] = st.st_ino;
	return true;
}

/* Return: how many sockets of the kernel's TCP PROGRAM inherits */
static unsigned int count_inherited(const struct choice *c)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned int n = 0;
	int fd;

	while (dir && (entry = readdir(dir))) {
		fd = atoi(entry->d_name);
		if (fd == dirfd(dir) || !is_kernel_tcp(fd) || is_unused(fd) || !is_new(fd))
			continue;
		if (c->only && !strcmp(c->only, "connect") &&
		    get_number(fd, SO_ACCEPTCONN) == 1)
			continue;
		if (!n++)
			warnx("file %d is a TCP socket from outside, and stays on the kernel's TCP",
			      fd);
	}
	if (dir)
		closedir(dir);
	if (n && c->strict)
		exit(EXIT_CANNOT);
	return n;
}

/* ---- xtcp ---- */

/* Return: 0 if the module is not loaded */
static int family_of_module(void)
{
	FILE *file = fopen(FAMILY_FILE, "re");
	int family = 0;

	if (file) {
		if (fscanf(file, "%d", &family) != 1)
			family = 0;
		fclose(file);
	}
	return family;
}

/* Does a seccomp filter decide what system calls we have? */
static bool is_filtered(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	bool filtered = false;
	int mode;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Seccomp: %d", &mode) == 1)
			filtered = mode == SECCOMP_MODE_FILTER;
	}
	if (file)
		fclose(file);
	return filtered;
}

/* Why socket() has failed */
static noreturn void explain(const struct choice *c)
{
	int error = errno, loaded = family_of_module();

	if (is_filtered() && loaded == c->family &&
	    (error == EAFNOSUPPORT || error == EPERM || error == EACCES)) {
		warnx("a seccomp filter forbids protocol family %d: %s", c->family,
		      strerror(error));
		warnx("it may be a container's, or RestrictAddressFamilies= of a systemd unit");
		exit(EXIT_OURS);
	}
	if (error == EAFNOSUPPORT && loaded && loaded != c->family)
		errx(EXIT_OURS, "xtcp is protocol family %d, not %d", loaded, c->family);
	if (error == EAFNOSUPPORT) {
		warnx("this kernel has no xtcp (no protocol family %d)", c->family);
		warnx("load it: \"modprobe xtcp\" if it is installed, else \"insmod xtcp.ko\"");
		if (is_filtered())
			warnx("or is it the seccomp filter here that forbids the family?");
		exit(EXIT_OURS);
	}
	if (error == EPROTONOSUPPORT)
		errx(EXIT_OURS, "protocol family %d has no %s", c->family,
		     c->native ? "IP protocol 253: is it xtcp?" :
		     "TCP wire: is it xtcp? --native may do");
	errno = error;
	err(EXIT_OURS, "cannot open an xtcp socket");
}

static void check_module(const struct choice *c)
{
	int fd = socket(c->family, SOCK_STREAM | SOCK_CLOEXEC,
			c->native ? IPPROTO_XTCP : IPPROTO_TCP);

	if (fd < 0)
		explain(c);
	/* whatever the wire: the kernel's TCP says IPPROTO_TCP */
	if (get_number(fd, SO_PROTOCOL) != IPPROTO_XTCP)
		errx(EXIT_OURS, "protocol family %d is not xtcp", c->family);
	close(fd);
}

/*
 * Under --strict there is no io_uring, which opens sockets past every library: it fails
 * as where the sysctl kernel.io_uring_disabled is 2.  Programs are ready for that.
 */
static void forbid_uring(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	if (!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return;
	/* who is not root must give up setuid programs, which --strict refuses anyway */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		err(EXIT_OURS, "--strict: cannot forbid io_uring");
}

/* ---- the library ---- */

/* Beside us, or in ../lib/xtcp from us: wherever it was built or installed. */
static void find_library(char path[PATH_MAX])
{
	static const char * const places[] = { "", "../lib/xtcp/" };
	char self[PATH_MAX], try[PATH_MAX + 32];
	bool unreadable = false;
	ssize_t len;
	size_t i;

	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		err(EXIT_OURS, "/proc/self/exe");
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(try, sizeof(try), "%s/%s" LIBRARY, self, places[i]);
		if (realpath(try, path) && !access(path, R_OK))
			break;
		unreadable |= errno == EACCES;
	}
	if (i == ARRAY_SIZE(places) && unreadable)
		errx(EXIT_OURS, "you cannot read " LIBRARY " in %s or in %s/../lib/xtcp",
		     self, self);
	if (i == ARRAY_SIZE(places))
		errx(EXIT_OURS, LIBRARY " is neither in %s nor in %s/../lib/xtcp",
		     self, self);
	if (strpbrk(path, " :"))
		errx(EXIT_OURS, "%s: LD_PRELOAD takes no name with a space or a colon",
		     path);
}

static void set(const char *name, const char *value)
{
	if (value ? setenv(name, value, 1) : unsetenv(name))
		err(EXIT_OURS, "%s", name);
}

static void set_environment(const struct choice *c)
{
	const char *others = getenv("LD_PRELOAD");
	char library[PATH_MAX], family[12], *preload;

	find_library(library);
	if (others && *others) {
		if (asprintf(&preload, "%s:%s", library, others) < 0)
			err(EXIT_OURS, NULL);
	} else {
		preload = library;
	}
	snprintf(family, sizeof(family), "%d", c->family);
	set("LD_PRELOAD", preload);
	set(ENV_WIRE, c->native ? "native" : "tcp");
	set(ENV_ONLY, c->only);
	set(ENV_FAMILY, family);
	set(ENV_STRICT, c->strict ? "1" : NULL);
}

/* ---- the command line ---- */

static noreturn void bad_usage(void)
{
	fputs("try \"xtcpize --help\"\n", stderr);
	exit(EXIT_OURS);
}

static int parse_family(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*end || number < 1 || number > FAMILY_MAX) {
		warnx("--family %s: a number from 1 to %d is wanted", text,
		      FAMILY_MAX);
		bad_usage();
	}
	return number;
}

static void choose_role(struct choice *c, const char *role)
{
	if (c->only && strcmp(c->only, role)) {
		warnx("--only-connect and --only-listen exclude each other");
		bad_usage();
	}
	c->only = role;
}

static void parse(int argc, char **argv, struct choice *c)
{
	static const struct option long_options[] = {
		{ "native", no_argument, NULL, 'n' },
		{ "only-connect", no_argument, NULL, 'c' },
		{ "only-listen", no_argument, NULL, 'l' },
		{ "strict", no_argument, NULL, 's' },
		{ "report", no_argument, NULL, 'r' },
		{ "family", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+hV", long_options, NULL)) != -1) {
		switch (option) {
		case 'n':
			c->native = true;
			break;
		case 'c':
			choose_role(c, "connect");
			break;
		case 'l':
			choose_role(c, "listen");
			break;
		case 's':
			c->strict = true;
			break;
		case 'r':
			c->report = true;
			break;
		case 'f':
			c->family = parse_family(optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		case 'V':
			puts("xtcpize " XTCP_VERSION);
			exit(0);
		default:
			bad_usage();
		}
	}
	if (optind == argc) {
		warnx("which program?");
		bad_usage();
	}
	if (!c->family)
		c->family = family_of_module() ?: AF_XTCP;
}

int main(int argc, char **argv)
{
	struct choice c = { 0 };
	unsigned int inherited;

	parse(argc, argv, &c);
	argv += optind;
	check_program(argv[0]);
	check_module(&c);
	inherited = count_inherited(&c);
	set_environment(&c);
	if (c.strict)
		forbid_uring();
	if (c.report)
		report(inherited);
	execvp(argv[0], argv);
	err(EXIT_CANNOT, "%s", argv[0]);
}
