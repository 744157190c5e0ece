// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks of the format pcapng, in the byte order of this machine.
 *
 * Each leaves whole and at once: who reads meanwhile sees what there is, and however we end, the
 * file has no half of a block.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xtcp.h>

#include "pcapng.h"

enum { BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6, BLOCK_SECTION = 0x0a0d0d0a };
enum { OPTION_END = 0, OPTION_COMMENT = 1 };
enum { SECTION_APPLICATION = 4 };
enum { INTERFACE_NAME = 2, INTERFACE_TSRESOL = 9 };
enum { PACKET_FLAGS = 2 };
enum { STATISTICS_OSDROP = 7 };
enum { PACKET_IN = 1, PACKET_OUT = 2 };

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define LINKTYPE_RAW 101	/* IPv4 or IPv6, and nothing before it */
#define COMMENT_MAX 4096

/* What is said of the whole section. */
static const char made_of[] =
	"Rebuilt from the tracepoints of the module xtcp.\n"
	"Of IP's headers, of the urgent pointer and of the data they say nothing.\n"
	"The native wire (protocol 253) is shown as TCP.";
static const char no_clock[] =
	"\nWhat this was read from does not say what time it was:\n"
	"times count from the start of that machine.";

/* What --pcapng asked for; "-": standard output */
const char *pcapng_name;

static FILE *file;
static uint8_t block[COMMENT_MAX + 512];
static size_t used;

static void put(const void *data, size_t size)
{
	memcpy(block + used, data, size);
	used += size;
}

static void put_u16(uint16_t number)
{
	put(&number, sizeof(number));
}

static void put_u32(uint32_t number)
{
	put(&number, sizeof(number));
}

static void put_u64(uint64_t number)
{
	put(&number, sizeof(number));
}

static void pad(void)
{
	while (used % 4)
		block[used++] = 0;
}

/* A time is two halves, the higher first. */
static void put_time(uint64_t ns)
{
	ns += realtime_ns;
	put_u32(ns >> 32);
	put_u32(ns);
}

static void put_option(uint16_t code, const void *data, size_t size)
{
	put_u16(code);
	put_u16(size);
	put(data, size);
	pad();
}

static void put_text(uint16_t code, const char *text)
{
	size_t size = strlen(text);

	put_option(code, text, size < COMMENT_MAX ? size : COMMENT_MAX);
}

static void begin(uint32_t type)
{
	used = 0;
	put_u32(type);
	put_u32(0);	/* its length comes here */
}

/* A reader that goes ends us, and that is no error. */
static void failed(void)
{
	if (errno == EPIPE)
		exit(0);
	die("cannot write %s: %s", pcapng_name, strerror(errno));
}

static void end(void)
{
	uint32_t size = used + 4;

	put_u32(size);
	memcpy(block + 4, &size, sizeof(size));
	if (fwrite(block, used, 1, file) != 1 || fflush(file))
		failed();
}

static void end_options(void)
{
	put_u16(OPTION_END);
	put_u16(0);
	end();
}

/**
 * section_open() - open the file, and write what stands before all others
 *
 * A file that cannot be written ends the program, here and below.
 */
void section_open(void)
{
	char comment[sizeof(made_of) + sizeof(no_clock)];

	file = strcmp(pcapng_name, "-") ? fopen(pcapng_name, "w") : stdout;
	if (!file)
		failed();
	setvbuf(file, NULL, _IOFBF, 2 * sizeof(block));
	begin(BLOCK_SECTION);
	put_u32(BYTE_ORDER_MAGIC);
	put_u16(1);
	put_u16(0);
	put_u64(UINT64_MAX);	/* how long it will be is not known */
	snprintf(comment, sizeof(comment), "%s%s", made_of, realtime_ns ? "" : no_clock);
	put_text(OPTION_COMMENT, comment);
	put_text(SECTION_APPLICATION, "xtcp-trace " XTCP_VERSION);
	end_options();
}

/**
 * interface_write() - tell of a namespace; they are numbered from 0
 * @netns: its inode; 0: it is not known
 */
void interface_write(uint32_t netns)
{
	char name[32] = "netns unknown";

	if (netns)
		snprintf(name, sizeof(name), "netns %u", netns);
	begin(BLOCK_INTERFACE);
	put_u16(LINKTYPE_RAW);
	put_u16(0);
	put_u32(FRAME_MAX);
	put_text(INTERFACE_NAME, name);
	put_option(INTERFACE_TSRESOL, "\x09", 1);	/* 10^-9 s */
	end_options();
}

/**
 * packet_write() - write a packet
 * @f: the packet
 */
void packet_write(const struct frame *f)
{
	uint32_t flags = f->out ? PACKET_OUT : PACKET_IN;

	begin(BLOCK_PACKET);
	put_u32(f->interface);
	put_time(f->ns);
	put_u32(f->header_bytes);
	put_u32(f->bytes);
	put(f->headers, f->header_bytes);
	pad();
	if (*f->comment)
		put_text(OPTION_COMMENT, f->comment);
	put_option(PACKET_FLAGS, &flags, sizeof(flags));
	end_options();
}

/**
 * statistics_write() - say how many events were lost
 * @interface: one that was written
 * @ns: when it is said
 * @lost: how many, of any kind, on all interfaces
 */
void statistics_write(uint32_t interface, uint64_t ns, uint64_t lost)
{
	char comment[80];

	snprintf(comment, sizeof(comment), "%llu events were lost, in all namespaces",
		 (unsigned long long)lost);
	begin(BLOCK_STATISTICS);
	put_u32(interface);
	put_time(ns);
	put_text(OPTION_COMMENT, comment);
	put_option(STATISTICS_OSDROP, &lost, sizeof(lost));
	end_options();
}

/**
 * section_close() - after the last block
 */
void section_close(void)
{
	if (fclose(file))
		failed();
}
