// SPDX-License-Identifier: GPL-2.0
/*
 * The headers of a segment, rebuilt of what its event says.
 *
 * What no event has is filled in: a TTL of 64, no fragments, no identification, no ECN codepoint,
 * an urgent pointer of 0.  The TCP checksum is right where there is no data.  Data is not in the
 * trace, so with it there is none that could be right: the sum of the pseudo-header stands there,
 * as on a host whose NIC is to finish it, and readers know that.
 */
#include <string.h>

#include "pcapng.h"

#define PROTOCOL_TCP 6
#define TTL 64
#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define TCP_BYTES 20
#define OPTIONS_MAX 40
#define LENGTH_MAX 65535

static uint8_t *put_u16(uint8_t *to, uint16_t number)
{
	to[0] = number >> 8;
	to[1] = number;
	return to + 2;
}

static uint8_t *put_u32(uint8_t *to, uint32_t number)
{
	return put_u16(put_u16(to, number >> 16), number);
}

/* Of an even number of bytes. */
static uint32_t sum(uint32_t so_far, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i += 2)
		so_far += data[i] << 8 | data[i + 1];
	return so_far;
}

static uint16_t fold(uint32_t all)
{
	while (all >> 16)
		all = (all & 0xffff) + (all >> 16);
	return all;
}

/* In the order and with the padding that the module has: module/wire/options.c. */
static uint8_t *put_options(uint8_t *to, const struct event *e)
{
	bool sack_permitted = e->present & OPTION_SACK_PERMITTED;
	const uint8_t *begin = to;
	uint32_t sacks;

	if (e->mss)
		to = put_u16(put_u16(to, 0x0204), e->mss);
	if (e->present & OPTION_TIMESTAMPS) {
		to = put_u16(put_u16(to, sack_permitted ? 0x0402 : 0x0101), 0x080a);
		to = put_u32(put_u32(to, e->tsval), e->tsecr);
	} else if (sack_permitted) {
		to = put_u16(put_u16(to, 0x0101), 0x0402);
	}
	if (e->present & OPTION_WSCALE)
		to = put_u16(put_u16(to, 0x0103), 0x0300 | (uint8_t)e->wscale);
	sacks = (begin + OPTIONS_MAX - to - 4) / 8;
	if (sacks > e->sacks)
		sacks = e->sacks;
	if (sacks)
		to = put_u16(put_u16(to, 0x0101), 0x0500 | (2 + 8 * sacks));
	for (uint32_t i = 0; i < 2 * sacks; i++)
		to = put_u32(to, e->sack[i]);
	return to;
}

static bool is_v4(const struct event *e)
{
	return end_is_v4(&e->local) && end_is_v4(&e->remote);
}

/* The checksum comes later.  Return: the header's length, with options */
static uint32_t put_tcp(uint8_t *to, const struct event *e, const struct end *from,
			const struct end *at)
{
	uint32_t bytes = put_options(to + TCP_BYTES, e) - to;

	put_u16(put_u16(to, from->port), at->port);
	put_u32(put_u32(to + 4, e->seq), e->flags & SEGMENT_ACK ? e->ack : 0);
	to[12] = bytes / 4 << 4;
	to[13] = e->flags;
	put_u16(to + 14, e->wnd < UINT16_MAX ? e->wnd : UINT16_MAX);
	memset(to + 16, 0, 4);
	return bytes;
}

static void put_ipv4(uint8_t *to, uint32_t bytes, const struct end *from, const struct end *at)
{
	memset(to, 0, IPV4_BYTES);
	to[0] = 0x45;
	put_u16(to + 2, bytes);
	to[6] = 0x40;	/* it is not to be fragmented */
	to[8] = TTL;
	to[9] = PROTOCOL_TCP;
	memcpy(to + 12, from->addr + 12, 4);
	memcpy(to + 16, at->addr + 12, 4);
	put_u16(to + 10, ~fold(sum(0, to, IPV4_BYTES)));
}

static void put_ipv6(uint8_t *to, uint32_t bytes, const struct end *from, const struct end *at)
{
	memset(to, 0, 8);
	to[0] = 0x60;
	put_u16(to + 4, bytes - IPV6_BYTES);
	to[6] = PROTOCOL_TCP;
	to[7] = TTL;
	memcpy(to + 8, from->addr, 16);
	memcpy(to + 24, at->addr, 16);
}

/**
 * frame_room() - how much data fits into a packet
 * @e: a segment
 *
 * Return: octets, so that IP can say how long the packet is
 */
uint32_t frame_room(const struct event *e)
{
	uint8_t options[OPTIONS_MAX];
	uint32_t bytes = TCP_BYTES + (put_options(options, e) - options);

	return LENGTH_MAX - bytes - (is_v4(e) ? IPV4_BYTES : 0);
}

/**
 * frame_build() - rebuild a segment's headers
 * @f: where they go, and the packet's length
 * @e: the segment; its data fits: frame_room()
 */
void frame_build(struct frame *f, const struct event *e)
{
	bool out = e->kind == EVENT_SEGMENT_OUT, four = is_v4(e);
	const struct end *from = out ? &e->local : &e->remote, *at = out ? &e->remote : &e->local;
	uint32_t ip_bytes = four ? IPV4_BYTES : IPV6_BYTES, all;
	uint8_t *ip = f->headers, *tcp = ip + ip_bytes;
	uint32_t tcp_bytes = put_tcp(tcp, e, from, at);

	f->header_bytes = ip_bytes + tcp_bytes;
	f->bytes = f->header_bytes + e->len;
	(four ? put_ipv4 : put_ipv6)(ip, f->bytes, from, at);
	/* the addresses, which end the header in either version, protocol and length */
	all = sum(PROTOCOL_TCP + tcp_bytes + e->len, ip + (four ? 12 : 8), four ? 8 : 32);
	if (e->len)
		put_u16(tcp + 16, fold(all));
	else
		put_u16(tcp + 16, ~fold(sum(all, tcp, tcp_bytes)));
}
