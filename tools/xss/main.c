// SPDX-License-Identifier: GPL-2.0
/* xss: ss(8) for xtcp. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "filter.h"
#include "procs.h"
#include "say.h"
#include "show.h"
#include "xtcp.h"

static const char usage[] =
"usage: xss [OPTION...] [ { state | exclude } STATE ]... [ EXPRESSION ]\n"
"\n"
"Shows xtcp's sockets, as ss(8) shows the kernel's; without an option, connections.\n"
"\n"
"  -a, --all             all of them\n"
"  -l, --listening       listeners alone\n"
"  -B, --bound-inactive  sockets that have a port, and neither listen nor are connected, alone\n"
"  -4, --ipv4            of IPv4 alone; -6, --ipv6: of IPv6 alone; -f, --family inet|inet6: the same\n"
"      --wire WIRE       on that wire alone: native or tcp\n"
"  -n, --numeric         ports as numbers, not as names of services\n"
"  -r, --resolve         names of hosts, not addresses\n"
"  -o, --options         the timer that runs: timer:(NAME,LEFT,TRIES)\n"
"  -e, --extended        user, inode, cookie, mark, cgroup\n"
"  -m, --memory          what the socket's buffers hold\n"
"  -p, --processes       who holds it\n"
"  -i, --info            TCP_INFO\n"
"      --cgroup          its cgroup\n"
"      --tos             type of service, traffic class\n"
"  -s, --summary         how many there are of each kind\n"
"  -K, --kill            end each socket that is shown; takes CAP_NET_ADMIN\n"
"  -N, --net NAMESPACE   of that network namespace: a name as ip-netns(8) has it, or a path\n"
"  -F, --filter FILE     the filter is in FILE; -: on stdin\n"
"  -H, --no-header       no heading\n"
"  -O, --oneline         one line for each socket\n"
"  -t, --tcp             nothing: all of them are\n"
"  -h, --help            this\n"
"  -V, --version         which version this is\n"
"\n"
"STATE: established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, time-wait, closed, close-wait, last-ack,\n"
"listening, closing, bound-inactive; all, connected, synchronized, bucket, big.\n"
"EXPRESSION: conditions, joined by and, or, not and parentheses: src HOST, dst HOST, sport OP PORT,\n"
"dport OP PORT, dev NAME, fwmark MARK[/MASK], cgroup FOLDER, autobound. man xss has the details.\n";

enum { OPT_WIRE = 256, OPT_CGROUP, OPT_TOS };

static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "listening", no_argument, NULL, 'l' },
	{ "bound-inactive", no_argument, NULL, 'B' },
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "family", required_argument, NULL, 'f' },
	{ "wire", required_argument, NULL, OPT_WIRE },
	{ "numeric", no_argument, NULL, 'n' },
	{ "resolve", no_argument, NULL, 'r' },
	{ "options", no_argument, NULL, 'o' },
	{ "extended", no_argument, NULL, 'e' },
	{ "memory", no_argument, NULL, 'm' },
	{ "processes", no_argument, NULL, 'p' },
	{ "info", no_argument, NULL, 'i' },
	{ "cgroup", no_argument, NULL, OPT_CGROUP },
	{ "tos", no_argument, NULL, OPT_TOS },
	{ "summary", no_argument, NULL, 's' },
	{ "kill", no_argument, NULL, 'K' },
	{ "net", required_argument, NULL, 'N' },
	{ "filter", required_argument, NULL, 'F' },
	{ "no-header", no_argument, NULL, 'H' },
	{ "oneline", no_argument, NULL, 'O' },
	{ "tcp", no_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ }
};

/* ---- what was found ---- */

static struct conn *conns;
static int count;

static void keep(struct conn *c)
{
	if (!(count & (count + 1)))
		conns = grow(conns, (2 * (size_t)count + 2) * sizeof(*conns));
	conns[count++] = *c;
}

/* Ends each, and leaves those that are ended.  Return: false where one could not be ended. */
static bool kill_all(void)
{
	bool good = true;
	int left = 0;

	for (int i = 0; i < count; i++) {
		if (!ask_destroy(&conns[i])) {
			conns[left++] = conns[i];
		} else if (errno != ENOENT) {	/* it has ended by itself */
			complain("a socket on port %d: %s", ntohs(conns[i].msg.id.idiag_sport),
				 errno == EPERM ? "to end it takes CAP_NET_ADMIN" :
						  strerror(errno));
			good = false;
		}
	}
	count = left;
	return good;
}

/* ---- arguments ---- */

static void enter_namespace(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), strchr(name, '/') ? "%s" : "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("namespace %s: %s", name, strerror(errno));
	close(fd);
}

static int family_of(const char *word)
{
	if (!strcmp(word, "inet"))
		return AF_INET;
	if (!strcmp(word, "inet6"))
		return AF_INET6;
	bad_usage("-f %s: there are inet and inet6", word);
}

static int wire_of(const char *word)
{
	if (!strcmp(word, "native"))
		return IPPROTO_XTCP;
	if (!strcmp(word, "tcp"))
		return IPPROTO_TCP;
	bad_usage("--wire %s: there are native and tcp", word);
}

/* What is in the file, as one word for filter_parse(). */
static char *read_filter(const char *name)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "re") : stdin;
	size_t len = 0, n;
	char *text = NULL;

	if (!f)
		die("%s: %s", name, strerror(errno));
	do {
		text = grow(text, len + 4096);
		n = fread(text + len, 1, 4095, f);
		len += n;
	} while (n);
	if (ferror(f))
		die("%s: %s", name, strerror(errno));
	text[len] = 0;
	if (strlen(text) != len)
		die("%s is no text", name);
	if (f != stdin)
		fclose(f);
	return text;
}

/* What a program's options say. */
struct options {
	struct show	show;
	uint32_t	states;		/* 0: STATES_DEFAULT */
	int		family;		/* 0: both */
	int		wire;		/* 0: both */
	bool		summary;
	bool		kill;
	const char	*filter;
};

static void parse_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "alB46f:nroempisKN:F:HOthV", options, NULL)) >= 0) {
		switch (c) {
		case 'a':
			o->states = STATES_ALL;
			break;
		case 'l':
			o->states |= IN_STATE(S_LISTENING);
			break;
		case 'B':
			o->states |= IN_STATE(S_BOUND);
			break;
		case '4':
			o->family = AF_INET;
			break;
		case '6':
			o->family = AF_INET6;
			break;
		case 'f':
			o->family = family_of(optarg);
			break;
		case OPT_WIRE:
			o->wire = wire_of(optarg);
			break;
		case 'n':
			o->show.numeric = true;
			break;
		case 'r':
			o->show.resolve = true;
			break;
		case 'o':
			o->show.timers = true;
			break;
		case 'e':
			o->show.extended = true;
			o->show.timers = true;
			break;
		case 'm':
			o->show.memory = true;
			break;
		case 'p':
			o->show.processes = true;
			break;
		case 'i':
			o->show.info = true;
			break;
		case OPT_CGROUP:
			o->show.cgroups = true;
			break;
		case OPT_TOS:
			o->show.tos = true;
			break;
		case 's':
			o->summary = true;
			break;
		case 'K':
			o->kill = true;
			break;
		case 'N':
			enter_namespace(optarg);
			break;
		case 'F':
			o->filter = optarg;
			break;
		case 'H':
			o->show.no_header = true;
			break;
		case 'O':
			o->show.one_line = true;
			break;
		case 't':
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		case 'V':
			puts("xss " XTCP_VERSION);
			exit(0);
		default:
			fputs("xss: try --help\n", stderr);
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct options o = { };
	struct ask ask = { };
	struct code code;
	char *filter;
	bool good = true;

	parse_options(&o, argc, argv);
	if (o.filter && optind < argc)
		bad_usage("a filter is given twice: in %s and behind the options", o.filter);
	ask.states = o.states ? o.states : o.summary ? STATES_ALL : STATES_DEFAULT;
	if (o.filter) {
		filter = read_filter(o.filter);
		filter_parse(1, &filter, &ask.states, &code);
	} else {
		filter_parse(argc - optind, argv + optind, &ask.states, &code);
	}
	if (o.kill && !code.len && optind == argc && !o.filter)
		bad_usage("-K without a filter would end every socket: say state all for that");
	ask.code = &code;
	ask.wire = o.wire;
	if (o.show.memory)
		ask.ext |= 1 << (INET_DIAG_SKMEMINFO - 1);
	if (o.show.info)
		ask.ext |= 1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_CONG - 1);
	if (o.show.tos)
		ask.ext |= 1 << (INET_DIAG_TOS - 1) | 1 << (INET_DIAG_TCLASS - 1);
	ask_open();
	for (int i = 0; i < 2; i++) {
		ask.family = families[i];
		if (!o.family || o.family == families[i])
			ask_all(&ask, keep);
	}
	if (o.kill)
		good = kill_all();
	if (o.show.processes)
		procs_read();
	if (o.summary)
		show_summary(conns, count);
	else
		show_table(conns, count, &o.show);
	if (fflush(stdout) || ferror(stdout))
		die("stdout: %s", strerror(errno));
	return good ? 0 : 1;
}
