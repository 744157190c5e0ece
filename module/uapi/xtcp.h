/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a program needs to open an xtcp socket:
 *
 *	fd = socket(AF_XTCP, SOCK_STREAM, 0);
 *
 * Addresses are plain struct sockaddr_in or sockaddr_in6, errors are those of TCP.
 */
#ifndef _UAPI_XTCP_H
#define _UAPI_XTCP_H

#define XTCP_VERSION	"1.0"

/* The protocol family: a number that Linux reserved (for NetBEUI) and never
 * used.  The module parameter family= moves it.
 */
#ifndef AF_XTCP
#define AF_XTCP		13
#define PF_XTCP		AF_XTCP
#endif

/* The native wire: the IP protocol number for experiments, RFC 3692. */
#ifndef IPPROTO_XTCP
#define IPPROTO_XTCP	253
#endif

#endif /* _UAPI_XTCP_H */
