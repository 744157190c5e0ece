/* SPDX-License-Identifier: GPL-2.0 */
/* What xtcpize tells libxtcpize.so through the environment. */
#ifndef TOOLS_XTCPIZE_H
#define TOOLS_XTCPIZE_H

#define ENV_WIRE	"XTCPIZE_WIRE"		/* "native", or else TCP's */
#define ENV_ONLY	"XTCPIZE_ONLY"		/* "connect" or "listen" */
#define ENV_FAMILY	"XTCPIZE_FAMILY"	/* what AF_XTCP is, in decimal */

#define FAMILY_MAX	255

#endif
