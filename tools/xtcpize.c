// SPDX-License-Identifier: GPL-2.0
/*
 * xtcpize [OPTION...] PROGRAM [ARGUMENT...]
 *
 * Runs PROGRAM with libxtcpize.so, which makes its TCP sockets xtcp's.  It first looks
 * for whatever would let PROGRAM run on the kernel's TCP all the same.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/elf.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "xtcp.h"
#include "xtcpize.h"

/* As env(1) and timeout(1) have it */
enum {
	EXIT_OURS	= 125,
	EXIT_CANNOT	= 126,
	EXIT_NOT_FOUND	= 127,
};

#define LIBRARY		"libxtcpize.so"
#define FAMILY_FILE	"/sys/module/xtcp/parameters/family"
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#if __SIZEOF_LONG__ == 8
#define OUR_ELFCLASS	ELFCLASS64
#define OTHER_BITS	"32"
#define elf_hdr		elf64_hdr
#define elf_phdr	elf64_phdr
#else
#define OUR_ELFCLASS	ELFCLASS32
#define OTHER_BITS	"64"
#define elf_hdr		elf32_hdr
#define elf_phdr	elf32_phdr
#endif

#define SCRIPTS_DEEP	4	/* the kernel's own limit, or near it */

static const char usage[] =
"usage: xtcpize [OPTION...] PROGRAM [ARGUMENT...]\n"
"\n"
"Runs PROGRAM, and what it starts, with xtcp in place of the kernel's TCP: each\n"
"TCP socket over IPv4 is an AF_XTCP one.\n"
"\n"
"  --native         xtcp's own wire, IP protocol 253: the peer is xtcp, too\n"
"                   (default: TCP on the wire, for any peer)\n"
"  --only-connect   the connections that PROGRAM opens, not those it accepts\n"
"  --only-listen    the connections that PROGRAM accepts, not those it opens\n"
"  --family N       the number of AF_XTCP (default: what the module says, or 13)\n"
"  -h, --help       this text\n"
"  -V, --version    which version this is\n"
"\n"
"Out of reach are programs without dynamic linking, in Go, or with more rights\n"
"than their caller. They need socket(AF_INET, SOCK_STREAM, 253) in their source:\n"
"that is xtcp's own wire, from any program. More is in xtcpize(1).\n"
"\n"
"Exit status: PROGRAM's; 125 if xtcp cannot be had, 126 if PROGRAM cannot be run\n"
"with it, 127 if PROGRAM is not there.\n";

struct choice {
	bool native;
	const char *only;
	int family;
};

/* ---- the program ---- */

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* As execvp() finds it. */
static void find_program(const char *name, char path[PATH_MAX])
{
	const char *dir = getenv("PATH") ?: "/usr/local/bin:/bin:/usr/bin";
	const char *end;

	if (strchr(name, '/')) {
		if (access(name, F_OK))
			err(EXIT_NOT_FOUND, "%s", name);
		if (!is_program(name))
			errx(EXIT_CANNOT, "%s: not a program", name);
		snprintf(path, PATH_MAX, "%s", name);
		return;
	}
	for (; *name; dir = end + 1) {
		end = strchrnul(dir, ':');
		snprintf(path, PATH_MAX, "%.*s%s%s", (int)(end - dir), dir,
			 end == dir ? "" : "/", name);
		if (is_program(path))
			return;
		if (!*end)
			break;
	}
	errx(EXIT_NOT_FOUND, "%s: no such program in PATH", name);
}

/* The dynamic linker drops LD_PRELOAD for it: AT_SECURE, ld.so(8). */
static bool gains_rights(const char *path)
{
	struct statvfs fs;
	struct stat st;

	if (!statvfs(path, &fs) && fs.f_flag & ST_NOSUID)
		return false;
	if (stat(path, &st))
		return false;
	if (st.st_mode & S_ISUID && st.st_uid != getuid())
		return true;
	if (st.st_mode & S_ISGID && st.st_mode & 0010 &&
	    st.st_gid != getgid())
		return true;
	return getuid() && getxattr(path, "security.capability", NULL, 0) > 0;
}

static noreturn void out_of_reach(const char *path, const char *why)
{
	warnx("%s %s", path, why);
	warnx("socket(AF_INET, SOCK_STREAM, %d) in its source is xtcp without xtcpize",
	      IPPROTO_XTCP);
	exit(EXIT_CANNOT);
}

/* A file in memory, as much of it as is of use. */
struct image {
	const char *start;
	size_t bytes;
};

/* Go's linker leaves a note.  Programs that it links call the kernel past every
 * library.
 */
static bool is_go_note(const struct image *im, const struct elf_phdr *ph)
{
	static const struct {
		__u32 type;
		char name[4];
	} go = { 4, "Go" };

	return ph->p_offset <= im->bytes &&
	       ph->p_filesz <= im->bytes - ph->p_offset &&
	       memmem(im->start + ph->p_offset, ph->p_filesz, &go, sizeof(go));
}

static void check_elf(const char *path, const struct image *im)
{
	bool dynamic = false, go = false;
	struct elf_hdr eh;
	struct elf_phdr ph;
	size_t i, at;

	if (im->bytes < sizeof(eh))
		return;
	memcpy(&eh, im->start, sizeof(eh));
	if (eh.e_ident[EI_CLASS] != OUR_ELFCLASS)
		errx(EXIT_CANNOT, "%s is a " OTHER_BITS "-bit program, and " LIBRARY " is not",
		     path);
	for (i = 0; i < eh.e_phnum; i++) {
		at = eh.e_phoff + i * sizeof(ph);
		if (at > im->bytes || im->bytes - at < sizeof(ph))
			break;
		memcpy(&ph, im->start + at, sizeof(ph));
		dynamic |= ph.p_type == PT_INTERP;
		go |= ph.p_type == PT_NOTE && is_go_note(im, &ph);
	}
	if (go)
		out_of_reach(path, "is a Go program, which calls the kernel past every library");
	if (!dynamic)
		out_of_reach(path, "is linked statically: no library can be put into it");
}

/* What "#!" names, without its argument; NULL if @im does not begin with that. */
static char *interpreter(const struct image *im)
{
	const char *name = im->start + 2, *end = im->start + im->bytes;
	size_t len;

	if (im->bytes < 3 || memcmp(im->start, "#!", 2))
		return NULL;
	while (name < end && (*name == ' ' || *name == '\t'))
		name++;
	for (len = 0; name + len < end && !strchr(" \t\n", name[len]); len++)
		;
	return strndup(name, len);
}

static void check_program(const char *path, int depth)
{
	struct image im = { "", 0 };
	char *script;
	struct stat st;
	int fd;

	if (gains_rights(path))
		errx(EXIT_CANNOT, "%s has more rights than you: no library of yours gets into it",
		     path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* it cannot be read, but perhaps run */
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size > 0) {
		im.bytes = st.st_size;
		im.start = mmap(NULL, im.bytes, PROT_READ, MAP_PRIVATE, fd, 0);
		if (im.start == MAP_FAILED)
			err(EXIT_OURS, "%s", path);
	}
	close(fd);
	if (im.bytes >= SELFMAG && !memcmp(im.start, ELFMAG, SELFMAG))
		check_elf(path, &im);
	script = interpreter(&im);
	if (im.bytes)
		munmap((void *)im.start, im.bytes);
	if (script && depth < SCRIPTS_DEEP)
		check_program(script, depth + 1);
	free(script);
}

/* ---- xtcp ---- */

static int family_of_module(void)
{
	FILE *file = fopen(FAMILY_FILE, "re");
	int family = AF_XTCP;

	if (file) {
		if (fscanf(file, "%d", &family) != 1)
			family = AF_XTCP;
		fclose(file);
	}
	return family;
}

static void check_module(const struct choice *c)
{
	int fd = socket(c->family, SOCK_STREAM | SOCK_CLOEXEC,
			c->native ? IPPROTO_XTCP : IPPROTO_TCP);

	if (fd >= 0) {
		close(fd);
		return;
	}
	switch (errno) {
	case EAFNOSUPPORT:
		warnx("this kernel has no xtcp (no protocol family %d)", c->family);
		warnx("load it: \"modprobe xtcp\" if it is installed, else \"insmod xtcp.ko\"");
		exit(EXIT_OURS);
	case EPROTONOSUPPORT:
		errx(EXIT_OURS, "protocol family %d has no %s", c->family,
		     c->native ? "IP protocol 253: is it xtcp?" :
		     "TCP wire; --native may do");
	default:
		err(EXIT_OURS, "cannot open an xtcp socket");
	}
}

/* ---- the library ---- */

/* Beside us, or in ../lib/xtcp from us: wherever it was built or installed. */
static void find_library(char path[PATH_MAX])
{
	static const char * const places[] = { "", "../lib/xtcp/" };
	char self[PATH_MAX], try[PATH_MAX + 32];
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
	}
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
		c->family = family_of_module();
}

int main(int argc, char **argv)
{
	struct choice c = { 0 };
	char path[PATH_MAX];

	parse(argc, argv, &c);
	argv += optind;
	find_program(argv[0], path);
	check_program(path, 0);
	check_module(&c);
	set_environment(&c);
	execvp(argv[0], argv);
	err(EXIT_CANNOT, "%s", argv[0]);
}
