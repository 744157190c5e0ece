/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XSS_PROCS_H
#define XSS_PROCS_H

/* A process that holds a socket. */
struct holder {
	unsigned int	inode;
	int		pid;
	int		fd;
	char		name[17];
};

void procs_read(void);
const struct holder *procs_of(unsigned int inode, const struct holder *after);

#endif
