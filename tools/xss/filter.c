// SPDX-License-Identifier: GPL-2.0
/*
 * A filter: which states, and an expression of conditions.
 *
 *	FILTER	   = { ( "state" | "exclude" ) STATE } [ EXPRESSION ]
 *	EXPRESSION = AND { ( "or" | "|" | "||" ) AND }
 *	AND	   = NOT { [ "and" | "&" | "&&" ] NOT }
 *	NOT	   = ( "not" | "!" ) NOT | "(" EXPRESSION ")" | CONDITION
 *	CONDITION  = ( "src" | "dst" ) [ OP ] HOST | ( "sport" | "dport" ) [ OP ] PORT |
 *		     "dev" [ OP ] NAME | "fwmark" [ OP ] MARK[/MASK] | "cgroup" [ OP ] PATH |
 *		     "autobound"
 *
 * The kernel runs the conditions. A piece of its program that is fulfilled is left at its end;
 * one that is not, four bytes behind it: so pieces can be put together without knowing what
 * is in them.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <linux/inet_diag.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "filter.h"
#include "say.h"

/* ---- states ---- */

static const struct {
	const char *name;
	uint32_t states;
} state_words[] = {
	{ "established", IN_STATE(S_ESTABLISHED) },
	{ "syn-sent", IN_STATE(S_SYN_SENT) },
	{ "syn-recv", IN_STATE(S_SYN_RECV) },
	{ "fin-wait-1", IN_STATE(S_FIN_WAIT_1) },
	{ "fin-wait-2", IN_STATE(S_FIN_WAIT_2) },
	{ "time-wait", IN_STATE(S_TIME_WAIT) },
	{ "closed", IN_STATE(S_CLOSED) },
	{ "close-wait", IN_STATE(S_CLOSE_WAIT) },
	{ "last-ack", IN_STATE(S_LAST_ACK) },
	{ "listening", IN_STATE(S_LISTENING) },
	{ "listen", IN_STATE(S_LISTENING) },
	{ "closing", IN_STATE(S_CLOSING) },
	{ "bound-inactive", IN_STATE(S_BOUND) },
	{ "all", STATES_ALL },
	{ "connected", STATES_CONNECTED },
	{ "synchronized", STATES_CONNECTED & ~IN_STATE(S_SYN_SENT) },
	{ "bucket", IN_STATE(S_SYN_RECV) | IN_STATE(S_TIME_WAIT) },
	{ "big", STATES_ALL & ~(IN_STATE(S_SYN_RECV) | IN_STATE(S_TIME_WAIT)) },
};

/* As they stand in the first column. */
const char *state_name(int state)
{
	static const char *const names[] = {
		[S_ESTABLISHED] = "ESTAB", [S_SYN_SENT] = "SYN-SENT", [S_SYN_RECV] = "SYN-RECV",
		[S_FIN_WAIT_1] = "FIN-WAIT-1", [S_FIN_WAIT_2] = "FIN-WAIT-2",
		[S_TIME_WAIT] = "TIME-WAIT", [S_CLOSED] = "UNCONN", [S_CLOSE_WAIT] = "CLOSE-WAIT",
		[S_LAST_ACK] = "LAST-ACK", [S_LISTENING] = "LISTEN", [S_CLOSING] = "CLOSING",
		[S_BOUND] = "BOUND",
	};

	return state > 0 && state < S_MAX && names[state] ? names[state] : "?";
}

static uint32_t states_of(const char *word)
{
	for (size_t i = 0; i < sizeof(state_words) / sizeof(*state_words); i++)
		if (!strcasecmp(word, state_words[i].name))
			return state_words[i].states;
	bad_usage("%s is no state", word);
}

/* ---- words ---- */

struct words {
	char **word;
	int n;
	int at;
};

static bool is_operator(char c)
{
	return c && strchr("=<>!&|", c);
}

static void add_word(struct words *w, const char *from, size_t len)
{
	w->word = grow(w->word, (w->n + 2) * sizeof(*w->word));
	w->word[w->n++] = strndup(from, len);
	w->word[w->n] = NULL;
}

/* Parentheses and operators are words of their own, with spaces around them or without. */
static void split(struct words *w, const char *s)
{
	size_t len;

	while (*s) {
		len = 1;
		if (isspace((unsigned char)*s)) {
			s++;
			continue;
		}
		if (is_operator(*s))
			while (is_operator(s[len]))
				len++;
		else if (*s != '(' && *s != ')')
			while (s[len] && !isspace((unsigned char)s[len]) && !is_operator(s[len]) &&
			       s[len] != '(' && s[len] != ')')
				len++;
		add_word(w, s, len);
		s += len;
	}
}

static const char *peek(const struct words *w)
{
	return w->at < w->n ? w->word[w->at] : NULL;
}

static bool next_is(const struct words *w, const char *a, const char *b, const char *c)
{
	const char *word = peek(w);

	return word && (!strcasecmp(word, a) || !strcmp(word, b) || !strcmp(word, c));
}

static bool take(struct words *w, const char *a, const char *b, const char *c)
{
	if (!next_is(w, a, b, c))
		return false;
	w->at++;
	return true;
}

static const char *take_value(struct words *w, const char *of)
{
	if (!peek(w))
		bad_usage("%s wants a value", of);
	return w->word[w->at++];
}

enum operator { OP_EQ, OP_NE, OP_GT, OP_LT, OP_GE, OP_LE };

/* None at all is "=". */
static enum operator take_operator(struct words *w)
{
	static const struct {
		const char *name;
		enum operator op;
	} names[] = {
		{ "=", OP_EQ }, { "==", OP_EQ }, { "eq", OP_EQ },
		{ "!=", OP_NE }, { "ne", OP_NE }, { "neq", OP_NE },
		{ ">", OP_GT }, { "gt", OP_GT }, { "<", OP_LT }, { "lt", OP_LT },
		{ ">=", OP_GE }, { "ge", OP_GE }, { "geq", OP_GE },
		{ "<=", OP_LE }, { "le", OP_LE }, { "leq", OP_LE },
	};
	const char *word = peek(w);

	for (size_t i = 0; word && i < sizeof(names) / sizeof(*names); i++) {
		if (!strcasecmp(word, names[i].name)) {
			w->at++;
			return names[i].op;
		}
	}
	if (word && is_operator(*word) && *word != '!')
		bad_usage("there is no operator %s", word);
	return OP_EQ;
}

static enum operator take_equality(struct words *w, const char *of)
{
	enum operator op = take_operator(w);

	if (op != OP_EQ && op != OP_NE)
		bad_usage("%s is equal or not, neither more nor less", of);
	return op;
}

/* ---- pieces of program ---- */

static struct code op_code(int op, const void *operand, size_t bytes)
{
	struct inet_diag_bc_op head = {
		.code = op, .yes = sizeof(head) + bytes, .no = sizeof(head) + bytes + 4,
	};
	struct code c = { .len = sizeof(head) + bytes };

	c.bytes = grow(NULL, c.len);
	memcpy(c.bytes, &head, sizeof(head));
	if (bytes)
		memcpy(c.bytes + sizeof(head), operand, bytes);
	return c;
}

/* Jumps to four bytes behind the end of the first @len bytes go @more bytes further. */
static void lengthen_jumps(struct code *c, size_t len, size_t more)
{
	struct inet_diag_bc_op op;

	for (size_t at = 0; at < len; at += op.yes) {
		memcpy(&op, c->bytes + at, sizeof(op));
		if (at + op.no == len + 4)
			op.no += more;
		memcpy(c->bytes + at, &op, sizeof(op));
	}
}

static void append(struct code *to, struct code more)
{
	if (to->len + more.len > 60000)
		bad_usage("the filter is too long");
	to->bytes = grow(to->bytes, to->len + more.len);
	memcpy(to->bytes + to->len, more.bytes, more.len);
	to->len += more.len;
	free(more.bytes);
}

static struct code jump(size_t over)
{
	struct inet_diag_bc_op head = { .code = INET_DIAG_BC_JMP, .yes = 4, .no = 4 + over };
	struct code c = { .bytes = grow(NULL, sizeof(head)), .len = sizeof(head) };

	memcpy(c.bytes, &head, sizeof(head));
	return c;
}

static struct code both(struct code a, struct code b)
{
	lengthen_jumps(&a, a.len, b.len);
	append(&a, b);
	return a;
}

/* What fulfils the first jumps over the second; what does not lands at its beginning. */
static struct code either(struct code a, struct code b)
{
	append(&a, jump(b.len));
	append(&a, b);
	return a;
}

/* What fulfils it jumps behind the end; what does not lands at the end. */
static struct code negated(struct code a)
{
	append(&a, jump(4));
	return a;
}

static struct code by_operator(enum operator op, struct code equal)
{
	return op == OP_NE ? negated(equal) : equal;
}

/* ---- conditions ---- */

/* A port, or a service's name, perhaps behind a colon; -1 for "*". */
static int port_of(const char *text, const char *of)
{
	struct servent *service;
	char *end;
	long n;

	if (*text == ':')
		text++;
	if (!strcmp(text, "*"))
		return -1;
	n = strtol(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && n <= 65535)
		return n;
	service = getservbyname(text, "tcp");
	if (!service)
		bad_usage("%s: %s is no port and no service", of, text);
	return ntohs(service->s_port);
}

static struct code port_code(bool source, enum operator op, int port)
{
	struct inet_diag_bc_op operand = { };
	int at_least = source ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE;
	int at_most = source ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE;
	int equal = source ? INET_DIAG_BC_S_EQ : INET_DIAG_BC_D_EQ;

	operand.no = port;
	switch (op) {
	case OP_GT:
		return negated(op_code(at_most, &operand, sizeof(operand)));
	case OP_LT:
		return negated(op_code(at_least, &operand, sizeof(operand)));
	case OP_GE:
		return op_code(at_least, &operand, sizeof(operand));
	case OP_LE:
		return op_code(at_most, &operand, sizeof(operand));
	default:
		return by_operator(op, op_code(equal, &operand, sizeof(operand)));
	}
}

static struct code port_condition(struct words *w, bool source)
{
	const char *of = source ? "sport" : "dport";
	enum operator op = take_operator(w);
	int port = port_of(take_value(w, of), of);

	if (port < 0)
		bad_usage("%s: every port is *, which needs no condition", of);
	return port_code(source, op, port);
}

static struct code host_code(bool source, int family, const void *addr, int bits, int port)
{
	struct {
		struct inet_diag_hostcond cond;
		uint8_t addr[16];
	} operand = {
		.cond = { .family = family, .prefix_len = bits, .port = port },
	};
	size_t bytes = family == AF_INET6 ? 16 : family == AF_INET ? 4 : 0;

	if (bytes)
		memcpy(operand.addr, addr, bytes);
	return op_code(source ? INET_DIAG_BC_S_COND : INET_DIAG_BC_D_COND, &operand,
		       sizeof(operand.cond) + bytes);
}

/* A name may have several addresses: one of them. */
static struct code named_host_code(bool source, int family, const char *name, int port)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM }, *list, *a;
	struct code code = { };
	int err = getaddrinfo(name, NULL, &hints, &list);

	if (err)
		bad_usage("%s: %s", name, gai_strerror(err));
	for (a = list; a; a = a->ai_next) {
		bool v6 = a->ai_family == AF_INET6;
		const void *addr = v6 ?
			(void *)&((struct sockaddr_in6 *)a->ai_addr)->sin6_addr :
			(void *)&((struct sockaddr_in *)a->ai_addr)->sin_addr;
		struct code one = host_code(source, a->ai_family, addr, v6 ? 128 : 32, port);

		code = code.len ? either(code, one) : one;
	}
	freeaddrinfo(list);
	return code;
}

/* ADDRESS, ADDRESS/BITS, [IPV6], NAME or *, with :PORT or without, behind "inet:" or "inet6:". */
static struct code host_condition(struct words *w, bool source)
{
	const char *of = source ? "src" : "dst";
	enum operator op = take_equality(w, of);
	char *text = strdup(take_value(w, of)), *host = text, *colon, *slash, *end;
	int family = AF_UNSPEC, port = -1, bits, most;
	uint8_t addr[16];
	struct code code;

	if (!strncmp(host, "inet6:", 6)) {
		family = AF_INET6;
		host += 6;
	} else if (!strncmp(host, "inet:", 5)) {
		family = AF_INET;
		host += 5;
	}
	colon = strrchr(host, ':');
	if (*host == '[') {
		end = strchr(host, ']');
		if (!end)
			bad_usage("%s: %s lacks a ]", of, host);
		colon = end[1] == ':' ? end + 1 : NULL;
		if (end[1] == '/')	/* [::]/96 */
			memmove(end, end + 1, strlen(end));
		else
			*end = 0;
		host++;
		family = AF_INET6;
	} else if (colon && strchr(host, ':') != colon) {
		colon = NULL;	/* an IPv6 address, as it is */
	}
	if (colon) {
		*colon = 0;
		port = port_of(colon + 1, of);
	}
	slash = strchr(host, '/');
	if (slash)
		*slash++ = 0;
	if (!*host || !strcmp(host, "*")) {
		code = host_code(source, family, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 0, port);
	} else if ((family != AF_INET6 && inet_pton(AF_INET, host, addr) == 1) ||
		   (family != AF_INET && inet_pton(AF_INET6, host, addr) == 1)) {
		if (family != AF_INET6 && inet_pton(AF_INET, host, addr) == 1)
			family = AF_INET;
		else
			family = AF_INET6;
		most = family == AF_INET ? 32 : 128;
		bits = slash ? strtol(slash, &end, 10) : most;
		if (slash && (!isdigit((unsigned char)*slash) || *end || bits > most))
			bad_usage("%s: /%s is no length of a prefix", of, slash);
		code = host_code(source, family, addr, bits, port);
	} else if (slash) {
		bad_usage("%s: %s is no address", of, host);
	} else {
		code = named_host_code(source, family, host, port);
	}
	free(text);
	return by_operator(op, code);
}

static struct code device_condition(struct words *w)
{
	enum operator op = take_equality(w, "dev");
	const char *name = take_value(w, "dev");
	uint32_t index = if_nametoindex(name);
	char *end;

	if (!index) {
		index = strtoul(name, &end, 10);
		if (!isdigit((unsigned char)*name) || *end)
			bad_usage("dev: there is no device %s", name);
	}
	return by_operator(op, op_code(INET_DIAG_BC_DEV_COND, &index, sizeof(index)));
}

static struct code mark_condition(struct words *w)
{
	enum operator op = take_equality(w, "fwmark");
	const char *text = take_value(w, "fwmark");
	struct inet_diag_markcond cond = { .mask = ~0U };
	char *end;

	cond.mark = strtoul(text, &end, 0);
	if (end != text && *end == '/')
		cond.mask = strtoul(end + 1, &end, 0);
	if (!isdigit((unsigned char)*text) || *end)
		bad_usage("fwmark: %s is no MARK or MARK/MASK", text);
	return by_operator(op, op_code(INET_DIAG_BC_MARK_COND, &cond, sizeof(cond)));
}

static struct code cgroup_condition(struct words *w)
{
	enum operator op = take_equality(w, "cgroup");
	const char *path = take_value(w, "cgroup");
	struct stat st;
	uint64_t id;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		bad_usage("cgroup: there is no folder %s", path);
	id = st.st_ino;
	return by_operator(op, op_code(INET_DIAG_BC_CGROUP_COND, &id, sizeof(id)));
}

/* ---- expressions ---- */

static struct code parse_or(struct words *w, int depth);

static struct code parse_not(struct words *w, int depth)
{
	struct code code;
	const char *word;

	if (depth > 100)
		bad_usage("the filter is nested too deeply");
	if (take(w, "not", "!", "!"))
		return negated(parse_not(w, depth + 1));
	if (take(w, "(", "(", "(")) {
		code = parse_or(w, depth + 1);
		if (!take(w, ")", ")", ")"))
			bad_usage("the filter lacks a )");
		return code;
	}
	word = take_value(w, "the filter");
	if (!strcasecmp(word, "src"))
		return host_condition(w, true);
	if (!strcasecmp(word, "dst"))
		return host_condition(w, false);
	if (!strcasecmp(word, "sport"))
		return port_condition(w, true);
	if (!strcasecmp(word, "dport"))
		return port_condition(w, false);
	if (!strcasecmp(word, "dev"))
		return device_condition(w);
	if (!strcasecmp(word, "fwmark"))
		return mark_condition(w);
	if (!strcasecmp(word, "cgroup"))
		return cgroup_condition(w);
	if (!strcasecmp(word, "autobound"))
		return op_code(INET_DIAG_BC_AUTO, NULL, 0);
	bad_usage("the filter cannot begin with %s, or go on with it", word);
}

static struct code parse_and(struct words *w, int depth)
{
	struct code code = parse_not(w, depth);

	for (;;) {
		if (!take(w, "and", "&", "&&") &&
		    (!peek(w) || next_is(w, "or", "|", "||") || next_is(w, ")", ")", ")")))
			return code;
		code = both(code, parse_not(w, depth));
	}
}

static struct code parse_or(struct words *w, int depth)
{
	struct code code = parse_and(w, depth);

	while (take(w, "or", "|", "||"))
		code = either(code, parse_and(w, depth));
	return code;
}

/**
 * filter_parse() - read a filter; what is wrong with it ends the program with status 2
 * @argc: how many words
 * @argv: the words, which may hold several each
 * @states: which states are asked for: those that the options say, unless the filter does
 * @code: the program for the kernel; len 0: no conditions
 */
void filter_parse(int argc, char **argv, uint32_t *states, struct code *code)
{
	struct words w = { };
	bool said = false;

	for (int i = 0; i < argc; i++)
		split(&w, argv[i]);
	for (;; said = true) {
		if (take(&w, "state", "state", "state"))
			*states = (said ? *states : 0) | states_of(take_value(&w, "state"));
		else if (take(&w, "exclude", "exclude", "exclude"))
			*states = (said ? *states : STATES_ALL) &
				  ~states_of(take_value(&w, "exclude"));
		else
			break;
	}
	*code = (struct code) { };
	if (!peek(&w))
		return;
	*code = parse_or(&w, 0);
	if (peek(&w))
		bad_usage("the filter has a ) too many");
}
