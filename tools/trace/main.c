// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp-trace: shows what the module xtcp sends, receives and becomes, while it happens.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "json.h"
#include "pcapng.h"
#include "picture.h"
#include "table.h"
#include "trace.h"
#include "why.h"

const char *me = "xtcp-trace";
uint64_t hold_ns = HOLD_LIVE_NS;

static const char usage_text[] =
"usage: xtcp-trace [CONDITION]... [--events segments|states|all] [--buffer KIB] [--for SECONDS]\n"
"                  [--tsv] [--columns LIST] [--relative] | --json | --raw |\n"
"                  --pcapng FILE | --svg FILE | --plot FILE | --html FILE\n"
"       xtcp-trace --why [PORT] [CONDITION]... [--for SECONDS]\n"
"       xtcp-trace --read FILE [CONDITION]... [--tsv] [--columns LIST] [--relative] | --json | --why |\n"
"                  --pcapng FILE | --svg FILE | --plot FILE | --html FILE\n"
"\n"
"Shows what the module xtcp sends, receives and becomes: a line per segment, beside the state\n"
"that each end entered by it. Ends with Ctrl-C. Takes root.\n"
"\n"
"  --port PORT    only connections with PORT at either end\n"
"  --addr ADDR    only those with ADDR, or an address of ADDR/LENGTH, at either end\n"
"  --netns NAME   only what happens in that network namespace, or that of the process NAME\n"
"  --pid PID      only the connections that process PID holds\n"
"                 (each may be repeated: any of the same kind, but all kinds must hold)\n"
"  --events WHAT  segments, states or all (default all)\n"
"  --buffer KIB   for each processor, so that no event is lost\n"
"  --for SECONDS  end after that\n"
"  --read FILE    not from the running kernel, but what --json has written, or lines of a trace,\n"
"                 in FILE (-: stdin)\n"
"  --columns LIST more columns, with commas: cwnd, ssthresh, pipe, snd_wnd, rcv_wnd, srtt, rto,\n"
"                 phase, why\n"
"  --relative     sequence numbers count from each end's first\n"
"  --tsv          tab-separated, for programs: the left end, the right end, number, ms, state\n"
"                 entered on the left, > or <, flags, seq, ack, window, length, state entered on\n"
"                 the right, notes, and what --columns adds\n"
"  --json         for programs and for --read: every event with all that it says, an object a line\n"
"  --pcapng FILE  for Wireshark and others: every segment as a packet in FILE (-: stdout), with what\n"
"                 is known of its connection as a comment\n"
"  --why [PORT]   watch for a moment (--for, default 2 s, or until Ctrl-C), and then say in a sentence\n"
"                 what each connection of this namespace waits for, since when, and what comes next\n"
"  --svg FILE     into FILE (-: stdout), at the end, a picture: a line for each end, time goes down, and\n"
"                 an arrow for each segment\n"
"  --plot FILE    a picture of sequence numbers, windows and round trips over time\n"
"  --html FILE    a page with both, in which one can zoom and point at segments\n"
"  --raw          the kernel's own lines as they come, every event of xtcp's\n";

/**
 * say() - a message for people, on stderr
 * @format: as of printf()
 */
void say(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", me);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/**
 * die() - say why it cannot go on, and end with status 1
 * @format: as of printf()
 */
void die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", me);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void bad_usage(const char *format, ...) __attribute((format(printf, 1, 2), noreturn));

static void bad_usage(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", me);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n%s: try --help\n", me);
	exit(2);
}

/**
 * allocate() - get zeroed memory, or die()
 * @size: in bytes
 *
 * Return: the memory
 */
void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		die("no memory");
	return p;
}

/* What the arguments say, but for filters and the look of the table. */
static struct {
	const char *read, *events, *buffer, *seconds, *columns;
	bool json, raw, why;
	const char *picture, *picture_kind;
	const struct output *picture_output;
} asked;

static bool set_text(const char **where, const char *value)
{
	*where = value;
	return true;
}

static bool set_events(const char *value)
{
	return set_text(&asked.events, value) &&
	       (!strcmp(value, "segments") || !strcmp(value, "states") || !strcmp(value, "all"));
}

static bool set_read(const char *value)
{
	return set_text(&asked.read, value);
}

static bool set_buffer(const char *value)
{
	return set_text(&asked.buffer, value) && *value >= '1' && *value <= '9' &&
	       strspn(value, "0123456789") == strlen(value) && strlen(value) < 8;
}

static bool set_seconds(const char *value)
{
	char *rest;

	return set_text(&asked.seconds, value) && *value >= '0' && *value <= '9' &&
	       strtod(value, &rest) > 0 && !*rest && strtod(value, NULL) < 1e6;
}

static bool set_columns(const char *value)
{
	return set_text(&asked.columns, value) && table_columns(value);
}

static bool set_tsv(const char *value)
{
	(void)value;
	return table_look.tsv = true;
}

static bool set_relative(const char *value)
{
	(void)value;
	return table_look.relative = true;
}

static bool set_json(const char *value)
{
	(void)value;
	return asked.json = true;
}

static bool set_pcapng(const char *value)
{
	return set_text(&pcapng_name, value) && *value;
}

static bool set_raw(const char *value)
{
	(void)value;
	return asked.raw = true;
}

static bool set_why(const char *value)
{
	(void)value;
	return asked.why = true;
}

static bool set_picture(const char *kind, const struct output *output, const char *value)
{
	if (asked.picture)
		bad_usage("%s and %s: one picture at a time", asked.picture_kind, kind);
	asked.picture_kind = kind;
	asked.picture_output = output;
	return set_text(&asked.picture, value) && *value;
}

static bool set_svg(const char *value)
{
	return set_picture("--svg", &picture_svg, value);
}

static bool set_plot(const char *value)
{
	return set_picture("--plot", &picture_plot, value);
}

static bool set_html(const char *value)
{
	return set_picture("--html", &picture_html, value);
}

static const struct option {
	const char *name;
	bool (*set)(const char *value);	/* false: it is no good value */
	const char *wrong;	/* what is said then, after the value; NULL: it takes none */
} options[] = {
	{ "--port", filter_port, "is no port" },
	{ "--addr", filter_addr, "is no address, nor ADDR/LENGTH" },
	{ "--netns", filter_netns, "is no network namespace" },
	{ "--pid", filter_pid, "is no process" },
	{ "--events", set_events, "there are segments, states and all" },
	{ "--buffer", set_buffer, "is no number of KiB" },
	{ "--for", set_seconds, "is no number of seconds" },
	{ "--read", set_read, "" },
	{ "--columns", set_columns,
	  "there are cwnd, ssthresh, pipe, snd_wnd, rcv_wnd, srtt, rto, phase and why, each once" },
	{ "--relative", set_relative, NULL },
	{ "--tsv", set_tsv, NULL },
	{ "--json", set_json, NULL },
	{ "--pcapng", set_pcapng, "is no name of a file" },
	{ "--svg", set_svg, "is no name of a file" },
	{ "--plot", set_plot, "is no name of a file" },
	{ "--html", set_html, "is no name of a file" },
	{ "--raw", set_raw, NULL },
	{ "--why", set_why, NULL },
};

static const struct option *option_named(const char *name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	return NULL;
}

static void parse(char **argv)
{
	for (argv++; *argv; argv++) {
		const struct option *o = option_named(*argv);
		const char *value;

		if (!strcmp(*argv, "--help") || !strcmp(*argv, "-h")) {
			fputs(usage_text, stdout);
			exit(0);
		}
		if (!o)
			bad_usage("unknown argument %s", *argv);
		if (!o->wrong) {
			o->set(NULL);
			if (o->set == set_why && argv[1] && *argv[1] != '-' &&
			    !filter_port(*++argv))
				bad_usage("%s is no port", *argv);
			continue;
		}
		value = *++argv;
		if (!value)
			bad_usage("%s wants a value", o->name);
		if (!o->set(value))
			bad_usage("%s%s %s", value, strncmp(o->wrong, "there", 5) ? "" : ":",
				  o->wrong);
	}
}

/* What does not go together. */
static void judge(void)
{
	bool table = table_look.tsv || asked.columns || table_look.relative;

	if (asked.picture && (table || asked.json || asked.raw || asked.why || pcapng_name))
		bad_usage("%s goes with conditions, --events, --buffer, --for and --read alone",
			  asked.picture_kind);
	if (asked.raw && (asked.read || asked.json || filter_any() || table))
		bad_usage("--raw goes with --events, --buffer and --for alone");
	if (asked.json && table)
		bad_usage("--json is no table: it has all columns");
	if (asked.why && (asked.raw || asked.json || table || asked.events))
		bad_usage("--why goes with --for, --read, --buffer and conditions alone");
	if (pcapng_name && (asked.raw || asked.json || asked.why || table))
		bad_usage("--pcapng is an output of its own: no table, --json, --raw or --why");
	if (pcapng_name && asked.events && !strcmp(asked.events, "states"))
		bad_usage("--pcapng has segments: --events states leaves none");
	if (asked.read && (asked.events || asked.buffer || asked.seconds || pids_any()))
		bad_usage("--events, --buffer, --for and --pid are for the running kernel");
}

static uint32_t kinds_asked(const struct output *output)
{
	uint32_t segments = EVENT_IS(SEGMENT_IN) | EVENT_IS(SEGMENT_OUT) | EVENT_IS(RETRANSMIT) |
			    EVENT_IS(DROP);
	uint32_t of = output->kinds & ((1u << EVENT_TRACEPOINT_KINDS) - 1);

	if (asked.raw)
		of = (1u << EVENT_TRACEPOINT_KINDS) - 1;
	if (!asked.events || !strcmp(asked.events, "all"))
		return of;
	return strcmp(asked.events, "segments") ? EVENT_IS(STATE) : segments;
}

static bool colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb");
}

int main(int argc, char **argv)
{
	const struct output *output = &table_output;
	int status, end;

	(void)argc;
	parse(argv);
	judge();
	table_look.color = !table_look.tsv && colours();
	if (asked.json)
		output = &json_output;
	if (pcapng_name)
		output = &pcapng_output;
	if (asked.why)
		output = &why_output;
	if (asked.picture) {
		picture_open(asked.picture);
		output = asked.picture_output;
	}
	if (asked.why && !asked.read)
		filter_netns_here();
	if (!asked.raw)
		pipe_begin(output);
	if (asked.read) {
		status = file_read(asked.read);
	} else {
		const struct kernel_options o = {
			.kinds = kinds_asked(output),
			.buffer_kib = asked.buffer ? atoi(asked.buffer) : 0,
			.seconds = asked.seconds ? strtod(asked.seconds, NULL) : asked.why ? 2 : 0,
			.raw = asked.raw,
		};

		status = kernel_watch(&o);
	}
	if (asked.raw)
		return status;
	end = pipe_end();
	return status ?: end;
}
