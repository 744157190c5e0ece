/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments as packets in a file of the format pcapng.
 *
 * pcapng.c finds out what is known of each, pcapng_frame.c rebuilds its headers, and
 * pcapng_file.c writes blocks.
 */
#ifndef PCAPNG_H
#define PCAPNG_H

#include "trace.h"

#define FRAME_MAX 120	/* IPv6's header, and the longest of TCP's rounded up */

/**
 * struct frame - a packet, as far as it is there
 * @headers: IP's and TCP's
 * @header_bytes: of them
 * @bytes: of the whole packet, with data that is not there
 * @ns: when, on the monotonic clock
 * @interface: as interface_write() has numbered it
 * @out: it leaves; else it comes in
 * @comment: what is known of it
 */
struct frame {
	uint8_t headers[FRAME_MAX];
	uint32_t header_bytes, bytes;
	uint64_t ns;
	uint32_t interface;
	bool out;
	const char *comment;
};

/* pcapng.c */
extern const struct output pcapng_output;

/* pcapng_frame.c */
uint32_t frame_room(const struct event *e);
void frame_build(struct frame *f, const struct event *e);

/* pcapng_file.c */
extern const char *pcapng_name;
void section_open(void);
void interface_write(uint32_t netns);
void packet_write(const struct frame *f);
void statistics_write(uint32_t interface, uint64_t ns, uint64_t lost);
void section_close(void);

#endif /* PCAPNG_H */
