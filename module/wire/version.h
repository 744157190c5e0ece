/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_VERSION_H
#define _XTCP_VERSION_H

struct sock;
struct xtcp_tuple;

void xtcp_ip_forget_peer(struct sock *sk);
void xtcp_ip_adopt(struct sock *sk, const struct xtcp_tuple *t);

#endif /* _XTCP_VERSION_H */
