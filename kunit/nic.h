/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The test NIC: a network device whose wire is the test.  What xtcp transmits
 * lands in a list, what the test injects takes the way of any received packet:
 * netif_rx(), softirq, ip_rcv() or ipv6_rcv(), xtcp_rcv().
 */
#ifndef _XTCP_KUNIT_NIC_H
#define _XTCP_KUNIT_NIC_H

#include <linux/in6.h>
#include <linux/minmax.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/skbuff.h>

enum nic_kind {
	NIC_PLAIN,	/* does nothing for the sender: segments come singly */
	NIC_CSUM,	/* checksums: the kernel cuts GSO packets just before it */
	NIC_GSO,	/* takes GSO packets whole */
};

/**
 * struct nic - a test NIC
 * @dev: the device
 * @addr: its address, of IPv4 as a mapped one; all zero: none
 * @prefix: the length of its network's prefix
 * @ip4_addr: one of IPv4 that it has besides, as a mapped one; all zero: none
 * @used_up: its routes may have changed, or must not be known already: nic_clear() takes
 *	the address and them away
 * @sent: copies of the packets of the wires that xtcp uses
 * @held: the originals, while @hold is set
 * @hold: be a NIC that is slow to free what it was given
 * @pkt_type: who on the link received packets are for: PACKET_HOST, ..
 * @merged: what it receives is several segments with as much data each, which GRO has
 *	merged; 0: it is one
 * @segs: how many, if so
 * @direct: receive in the caller's context: faults of its task happen there
 * @sums: it gives the sum of all of each packet with it, CHECKSUM_COMPLETE
 * @sends: called with each packet of those wires, softirqs off; or NULL
 */
struct nic {
	struct net_device	*dev;
	struct in6_addr		addr;
	int			prefix;
	struct in6_addr		ip4_addr;
	bool			used_up;
	struct sk_buff_head	sent;
	struct sk_buff_head	held;
	bool			hold;
	bool			direct;
	bool			sums;
	void			(*sends)(struct nic *nic);
	u8			pkt_type;
	u16			merged;
	u16			segs;
};

struct nic *nic_make(struct net *net, enum nic_kind kind);
void nic_clear(struct nic *nic);
void nic_free(struct nic *nic);
int nic_set_address(struct nic *nic, const struct in6_addr *addr, int prefix);
int nic_add_ip4(struct nic *nic, const struct in6_addr *addr);
void nic_up(struct nic *nic, bool up);
void nic_set_mtu(struct nic *nic, int mtu);
void nic_release_held(struct nic *nic);
bool nic_receive(struct nic *nic, const void *packet, size_t len);

/**
 * fail_nth() - make an allocation of this task fail, among those that must not wait
 * @nth: which from now on; 0: none
 *
 * Return: how many were still to come
 */
static inline unsigned int fail_nth(unsigned int nth)
{
#ifdef CONFIG_FAILSLAB
	swap(current->fail_nth, nth);
	return nth;
#else
	return 0;
#endif
}

#endif /* _XTCP_KUNIT_NIC_H */
