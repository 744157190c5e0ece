// SPDX-License-Identifier: GPL-2.0
/*
 * Which events are wanted.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "namespaces.h"

#define MOST 64

struct prefix {
	struct end end;
	unsigned int bits;
};

static uint16_t ports[MOST];
static struct prefix prefixes[MOST];
static uint32_t namespaces[MOST];
static size_t port_count, prefix_count, namespace_count;

static bool number(const char *text, unsigned long most, unsigned long *value)
{
	char *rest;

	if (*text < '0' || *text > '9')
		return false;
	*value = strtoul(text, &rest, 10);
	return !*rest && *value <= most;
}

/**
 * filter_port() - only connections with this port at either end
 * @text: the port
 *
 * Return: whether it is one
 */
bool filter_port(const char *text)
{
	unsigned long port;

	if (!number(text, 65535, &port) || !port || port_count == MOST)
		return false;
	ports[port_count++] = port;
	return true;
}

/**
 * filter_addr() - only connections with such an address at either end
 * @text: an address, or ADDRESS/LENGTH
 *
 * Return: whether it is one
 */
bool filter_addr(const char *text)
{
	char addr[64];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	struct prefix *p = &prefixes[prefix_count];
	unsigned long bits = 128;
	uint8_t four[4];
	bool is_four;

	if (n >= sizeof(addr) || prefix_count == MOST)
		return false;
	memcpy(addr, text, n);
	addr[n] = 0;
	is_four = inet_pton(AF_INET, addr, four) == 1;
	if (is_four)
		end_set_v4(&p->end, four);
	else if (inet_pton(AF_INET6, addr, p->end.addr) != 1)
		return false;
	if (slash) {
		if (!number(slash + 1, is_four ? 32 : 128, &bits))
			return false;
		bits += is_four ? 96 : 0;
	}
	p->bits = bits;
	prefix_count++;
	return true;
}

/**
 * filter_netns() - only what happens in this namespace
 * @text: its name, or a process in it
 *
 * Return: whether there is such a namespace
 */
bool filter_netns(const char *text)
{
	char path[320];
	uint32_t netns = namespace_of(text, path, sizeof(path));

	if (!netns || namespace_count == MOST)
		return false;
	namespaces[namespace_count++] = netns;
	return true;
}

/**
 * filter_netns_here() - unless a namespace was asked for, only what happens in ours
 */
void filter_netns_here(void)
{
	if (!namespace_count)
		namespaces[namespace_count++] = namespace_here();
}

/**
 * filter_pid() - only the connections that this process holds
 * @text: its number
 *
 * Return: whether there is such a process
 */
bool filter_pid(const char *text)
{
	return pids_add(text);
}

/**
 * filter_any() - whether anything was asked for
 *
 * Return: whether
 */
bool filter_any(void)
{
	return port_count || prefix_count || namespace_count || pids_any();
}

static bool covers(const struct prefix *p, const struct end *end)
{
	unsigned int bytes = p->bits / 8, rest = p->bits % 8;

	return !memcmp(p->end.addr, end->addr, bytes) &&
	       (!rest || !((p->end.addr[bytes] ^ end->addr[bytes]) >> (8 - rest)));
}

static bool port_passes(const struct event *e)
{
	for (size_t i = 0; i < port_count; i++)
		if (e->local.port == ports[i] || e->remote.port == ports[i])
			return true;
	return !port_count;
}

static bool addr_passes(const struct event *e)
{
	for (size_t i = 0; i < prefix_count; i++)
		if (covers(&prefixes[i], &e->local) || covers(&prefixes[i], &e->remote))
			return true;
	return !prefix_count;
}

static bool netns_passes(const struct event *e)
{
	for (size_t i = 0; i < namespace_count; i++)
		if (e->netns == namespaces[i])
			return true;
	return !namespace_count;
}

/**
 * filter_passes() - whether an event is wanted
 * @e: the event, of any kind
 *
 * Return: whether
 */
bool filter_passes(const struct event *e)
{
	if (e->kind == EVENT_LOST || e->kind == EVENT_TICK)
		return true;
	return port_passes(e) && addr_passes(e) && netns_passes(e) && (!pids_any() || pids_hold(e));
}
