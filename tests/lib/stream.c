// SPDX-License-Identifier: GPL-2.0
/* Data whose every byte follows from a seed and its position in the stream. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "net.h"

/* splitmix64, by Sebastiano Vigna: the word at an index, without a history */
static unsigned long long word(unsigned long long seed, unsigned long long index)
{
	unsigned long long z = seed + (index + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void stream_fill(unsigned long long seed, unsigned long long pos,
		 unsigned char *buf, size_t len)
{
	while (len) {
		unsigned long long w = word(seed, pos / 8);
		size_t skip = pos % 8;
		size_t n = 8 - skip < len ? 8 - skip : len;

		memcpy(buf, (unsigned char *)&w + skip, n);
		buf += n;
		pos += n;
		len -= n;
	}
}

/* Return: index of the first byte that differs from the stream, -1 if none. */
long long stream_diff(unsigned long long seed, unsigned long long pos,
		      const unsigned char *buf, size_t len)
{
	unsigned char expected[4096];
	size_t done = 0;

	while (done < len) {
		size_t n = len - done;
		size_t i;

		if (n > sizeof(expected))
			n = sizeof(expected);
		stream_fill(seed, pos + done, expected, n);
		if (memcmp(expected, buf + done, n)) {
			for (i = 0; expected[i] == buf[done + i]; i++)
				;
			return done + i;
		}
		done += n;
	}
	return -1;
}

/* Send @bytes bytes of the stream, in chunks. Return: bytes sent. */
long long stream_send(int fd, unsigned long long seed, long long bytes,
		      size_t chunk)
{
	unsigned char *buf = malloc(chunk);
	long long pos = 0;

	while (pos < bytes) {
		size_t n = bytes - pos < (long long)chunk ? bytes - pos : (long long)chunk;

		stream_fill(seed, pos, buf, n);
		if (send_all(fd, buf, n) < 0) {
			pos = -1;
			break;
		}
		pos += n;
	}
	free(buf);
	return pos;
}

/* Read to the end. Return: bytes, or -2 - the position of the first wrong byte. */
long long stream_recv(int fd, unsigned long long seed, size_t chunk)
{
	unsigned char *buf = malloc(chunk);
	long long pos = 0;
	long long diff;
	ssize_t n;

	while ((n = recv(fd, buf, chunk, 0)) > 0) {
		diff = stream_diff(seed, pos, buf, n);
		if (diff >= 0) {
			pos = -2 - (pos + diff);
			break;
		}
		pos += n;
	}
	if (n < 0)
		pos = -1;
	free(buf);
	return pos;
}
