// SPDX-License-Identifier: GPL-2.0
/*
 * Events from the running kernel: a trace instance of our own, read as records.
 */
#include <errno.h>
#include <kbuffer.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <tracefs.h>
#include <unistd.h>

#include "record.h"
#include "trace.h"

#define ROUND_MS 50

static struct tracefs_instance *instance;
static struct tep_handle *tep;
static struct kbuffer *kbuf;
static struct {
	struct tracefs_cpu *file;
	uint64_t lost;
} *cpus;
static int cpu_count;
static void *page;
static uint64_t lost_total;
static sig_atomic_t stop;	/* __atomic: a signal sets it */

static void on_signal(int signal)
{
	(void)signal;
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
}

static bool is_stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

/* However it ends, cleanup() comes. */
static void catch_signals(void)
{
	struct sigaction stops = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &stops, NULL);
	sigaction(SIGTERM, &stops, NULL);
	sigaction(SIGHUP, &stops, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static void cleanup(void)
{
	for (int i = 0; i < cpu_count; i++)
		if (cpus[i].file)
			tracefs_cpu_close(cpus[i].file);
	cpu_count = 0;
	if (!instance)
		return;
	tracefs_trace_off(instance);
	tracefs_event_disable(instance, "xtcp", NULL);
	tracefs_instance_destroy(instance);
	tracefs_instance_free(instance);
	instance = NULL;
}

static bool module_is_there(void)
{
	return tracefs_dir_exists(instance, "events/xtcp");
}

static void find_tracefs(void)
{
	const char *dir = tracefs_tracing_dir();

	if (geteuid() && (!dir || access(dir, W_OK)))
		die("the kernel shows its events to root only");
	if (!dir)
		die("no tracefs; as root: mount -t tracefs nodev /sys/kernel/tracing");
	if (!tracefs_dir_exists(NULL, "events/xtcp"))
		die("the module xtcp is not loaded; as root: modprobe xtcp");
}

/* An instance is a trace of its own: whatever else is traced goes on undisturbed. */
static void make_instance(const struct kernel_options *o)
{
	char name[32];

	snprintf(name, sizeof(name), "xtcp-trace-%d", getpid());
	instance = tracefs_instance_create(name);
	if (!instance)
		die("cannot make the trace instance %s: %s", name, strerror(errno));
	atexit(cleanup);
	if (tracefs_instance_file_write(instance, "trace_clock", "mono") < 0)
		die("the kernel has no monotonic clock for traces");
	if (o->buffer_kib && tracefs_instance_set_buffer_size(instance, o->buffer_kib, -1))
		die("the kernel gives no buffers of %u KiB: %s", o->buffer_kib, strerror(errno));
}

static void enable(uint32_t kinds)
{
	for (int kind = 0; kind < EVENT_TRACEPOINT_KINDS; kind++) {
		char name[32];

		if (!(kinds & 1u << kind))
			continue;
		snprintf(name, sizeof(name), "xtcp_%s", event_name(kind));
		if (tracefs_event_enable(instance, "xtcp", name))
			die("cannot watch %s: %s", name, strerror(errno));
	}
}

static void open_cpus(void)
{
	cpu_count = sysconf(_SC_NPROCESSORS_CONF);
	cpus = allocate(cpu_count * sizeof(*cpus));
	for (int i = 0; i < cpu_count; i++)	/* some may be offline */
		cpus[i].file = tracefs_cpu_open(instance, i, true);
}

/* How many events of a processor were overwritten, or found no room, so far. */
static uint64_t cpu_lost(int cpu)
{
	char name[64], *stats, *line;
	uint64_t lost = 0;

	snprintf(name, sizeof(name), "per_cpu/cpu%d/stats", cpu);
	stats = tracefs_instance_file_read(instance, name, NULL);
	if (!stats)
		return cpus[cpu].lost;
	line = strstr(stats, "overrun: ");
	if (line)
		lost += strtoull(line + 9, NULL, 10);
	line = strstr(stats, "dropped events: ");
	if (line)
		lost += strtoull(line + 16, NULL, 10);
	free(stats);
	return lost;
}

static void look_for_losses(int cpu, uint64_t ns)
{
	uint64_t lost = cpu_lost(cpu);
	struct event e = { .kind = EVENT_LOST, .ns = ns, .lost = lost - cpus[cpu].lost };

	if (!e.lost)
		return;
	cpus[cpu].lost = lost;
	lost_total += e.lost;
	pipe_add(&e);
}

/* A page of a processor's buffer.  Return: whether there was one */
static bool read_page(int cpu)
{
	unsigned long long ns;
	struct tep_record record = { .cpu = cpu };
	int size = tracefs_cpu_read(cpus[cpu].file, page, true);

	if (size <= 0)
		return false;
	kbuffer_load_subbuffer(kbuf, page);
	if (kbuffer_missed_events(kbuf)) {
		kbuffer_read_event(kbuf, &ns);
		look_for_losses(cpu, ns);
	}
	for (record.data = kbuffer_read_event(kbuf, &ns); record.data;
	     record.data = kbuffer_next_event(kbuf, &ns)) {
		struct event e;

		record.ts = ns;
		record.size = kbuffer_event_size(kbuf);
		if (record_read(tep, &record, &e))
			pipe_add(&e);
	}
	return true;
}

/* What all processors have; each at most a few pages, so that none waits for another. */
static bool read_round(void)
{
	bool more = false;

	for (int cpu = 0; cpu < cpu_count; cpu++)
		for (int i = 0; i < 64 && cpus[cpu].file && read_page(cpu); i++)
			more |= i == 63;
	return more;
}

static void pause_ms(unsigned int ms)
{
	struct timespec t = { .tv_nsec = ms * NS_PER_MS };

	nanosleep(&t, NULL);
}

static void tick(uint64_t ns)
{
	struct event e = { .kind = EVENT_TICK, .ns = ns };

	pipe_add(&e);
	pipe_release(ns);
}

/* Until it is to end.  Return: the exit status */
static int watch(uint64_t end_ns)
{
	while (!is_stopped() && now_ns() < end_ns) {
		uint64_t before_ns = now_ns();

		if (!read_round()) {
			tick(before_ns - HOLD_LIVE_NS);
			pause_ms(ROUND_MS);
		} else {
			pipe_release(before_ns - HOLD_LIVE_NS);
		}
		fflush(stdout);
		if (ferror(stdout))
			return 0;
		if (!module_is_there()) {
			say("the module was unloaded");
			return 1;
		}
	}
	return 0;
}

static uint64_t end_after(double seconds)
{
	return seconds ? now_ns() + (uint64_t)(seconds * NS_PER_S) : UINT64_MAX;
}

static int copy_lines(uint64_t end_ns)
{
	static char buf[65536];
	int fd = tracefs_instance_file_open(instance, "trace_pipe", O_RDONLY | O_NONBLOCK);
	bool last = false;

	if (fd < 0)
		die("cannot read the trace: %s", strerror(errno));
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n > 0) {
			fwrite(buf, 1, n, stdout);
			continue;
		}
		fflush(stdout);
		if (ferror(stdout) || last)
			break;
		if (!module_is_there())
			die("the module was unloaded");
		last = is_stopped() || now_ns() >= end_ns;
		if (!last)
			pause_ms(ROUND_MS);
	}
	close(fd);
	return 0;
}

/**
 * kernel_watch() - take events from the running kernel
 * @o: which, how long
 *
 * Return: the exit status.  What makes it impossible ends the program
 */
int kernel_watch(const struct kernel_options *o)
{
	int status;

	find_tracefs();
	catch_signals();
	clock_here();
	make_instance(o);
	enable(o->kinds);
	if (isatty(STDERR_FILENO) && !o->seconds)
		say("watching; Ctrl-C ends it");
	if (o->raw)
		return copy_lines(end_after(o->seconds));

	tep = record_formats();
	kbuf = kbuffer_alloc(sizeof(long) == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4,
			     tep_is_bigendian() ? KBUFFER_ENDIAN_BIG : KBUFFER_ENDIAN_LITTLE);
	open_cpus();
	page = allocate(tracefs_cpu_read_size(cpus[0].file));
	sockets_add_all(now_ns());
	status = watch(end_after(o->seconds));
	tracefs_trace_off(instance);
	while (!status && read_round())
		;
	for (int cpu = 0; cpu < cpu_count; cpu++)
		look_for_losses(cpu, pipe_latest_ns());
	sockets_add_all(now_ns());
	cleanup();
	if (lost_total)
		say("%llu events were lost: they came too fast; --buffer KIB takes more",
		    (unsigned long long)lost_total);
	return status;
}
