/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two ends of a measurement: a client and a server in processes and network
 * namespaces of their own, over one wire.
 */
#ifndef BENCH_ENDS_H
#define BENCH_ENDS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define CHUNK_BYTES	65536
#define PORT		7000

struct wire {
	const char *name;
	int family;
	int protocol;
	bool listener;	/* one of xtcp's on TCP's wire is open meanwhile */
};

extern const struct wire wires[];
extern const unsigned int n_wires;
extern const struct wire *wire;		/* what the functions below use */
extern char chunk[CHUNK_BYTES];

/* End the process unless it @holds, and say why. */
void need(bool holds, const char *what);

const struct wire *wire_named(const char *name);
void *share(size_t bytes);
void enter(const char *space);
/* Of a @pair of namespaces, the @end: "client" or "server" */
void enter_end(const char *pair, const char *end);
bool available(void);
/* Return: its length */
socklen_t server_address(int port, struct sockaddr_storage *to);
int open_socket(void);
int open_listener(int port);
int open_listener_as(int port, int reuse, int backlog);
int open_connection(int port);
int open_accepted(int listener);

/* As fork(), with an end to a child that hangs. */
pid_t spawn(unsigned int patience_s);
/* The same, of a scheduling policy */
pid_t spawn_as(unsigned int patience_s, int policy, int priority);
bool wait_for(pid_t pid);

/* Is @name one of @list's, which commas part? */
bool listed(const char *list, const char *name);

#endif
