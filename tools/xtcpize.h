/* SPDX-License-Identifier: GPL-2.0 */
/* What xtcpize tells libxtcpize.so through the environment, and hears from it. */
#ifndef TOOLS_XTCPIZE_H
#define TOOLS_XTCPIZE_H

#include "reach.h"

#define ENV_WIRE	"XTCPIZE_WIRE"		/* "native", or else TCP's */
#define ENV_ONLY	"XTCPIZE_ONLY"		/* "connect" or "listen" */
#define ENV_FAMILY	"XTCPIZE_FAMILY"	/* what AF_XTCP is, in decimal */
#define ENV_STRICT	"XTCPIZE_STRICT"	/* set: nothing on the kernel's TCP */
#define ENV_TALLY	"XTCPIZE_TALLY"		/* ID:KEY of a struct tally */

#define FAMILY_MAX	255

/* As env(1) and timeout(1) have it */
enum {
	EXIT_OURS	= 125,
	EXIT_CANNOT	= 126,
	EXIT_NOT_FOUND	= 127,
};

/* Why a socket is the kernel's TCP */
enum why {
	WHY_MPTCP,
	WHY_INHERITED,		/* PROGRAM was started with it */
	WHY_URING,		/* perhaps: the program has a ring */
	WHY_PAST,		/* opened past the C library, or received */
	WHY_ASKED,		/* --only-connect, --only-listen */
	WHYS,
};

/*
 * Under --report: shared memory of System V's, because a process can attach it by its
 * number whatever root directory and user it has, and nobody can shorten it.
 */
struct tally {
	unsigned long key;		/* that the number is still ours */
	unsigned int xtcp;		/* sockets */
	unsigned int kernel[WHYS];
	unsigned int programs[REACH_KINDS];
};

#endif
