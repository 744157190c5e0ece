// SPDX-License-Identifier: GPL-2.0
/*
 * The test NIC: a device without a link layer, on which every neighbour is
 * reached directly.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <net/checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include "../module/uapi/xtcp.h"
#include "nic.h"

static bool is_of_a_wire(const struct sk_buff *skb)
{
	u8 protocol = 0;

	if (skb->protocol == htons(ETH_P_IP))
		protocol = ip_hdr(skb)->protocol;
	else if (skb->protocol == htons(ETH_P_IPV6))
		protocol = ipv6_hdr(skb)->nexthdr;
	return protocol == IPPROTO_XTCP || protocol == IPPROTO_TCP;
}

static netdev_tx_t nic_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct nic *nic = *(struct nic **)netdev_priv(dev);
	struct sk_buff *copy;
	unsigned int nth;

	if (is_of_a_wire(skb)) {
		nth = fail_nth(0);	/* that is for xtcp */
		copy = skb_copy(skb, GFP_ATOMIC);
		fail_nth(nth);
		if (copy)
			skb_queue_tail(&nic->sent, copy);
		if (nic->sends)
			nic->sends(nic);
		if (READ_ONCE(nic->hold)) {
			skb_queue_tail(&nic->held, skb);
			return NETDEV_TX_OK;
		}
	}
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops nic_ops = {
	.ndo_start_xmit = nic_start_xmit,
};

static void nic_setup(struct net_device *dev)
{
	dev->netdev_ops = &nic_ops;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_NOARP;
	dev->mtu = ETH_DATA_LEN;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;
	dev->priv_flags |= IFF_NO_QUEUE | IFF_NO_ADDRCONF;
}

/**
 * nic_make() - make a test NIC and bring it up
 * @net: the namespace
 * @kind: what it does for the sender
 *
 * Return: the NIC, or an ERR_PTR()
 */
struct nic *nic_make(struct net *net, enum nic_kind kind)
{
	struct net_device *dev;
	struct nic *nic;
	int err;

	nic = kzalloc(sizeof(*nic), GFP_KERNEL);
	if (!nic)
		return ERR_PTR(-ENOMEM);
	skb_queue_head_init(&nic->sent);
	skb_queue_head_init(&nic->held);
	dev = alloc_netdev(sizeof(nic), "xtest%d", NET_NAME_ENUM, nic_setup);
	if (!dev) {
		kfree(nic);
		return ERR_PTR(-ENOMEM);
	}
	*(struct nic **)netdev_priv(dev) = nic;
	dev_net_set(dev, net);
	if (kind != NIC_PLAIN)
		dev->features |= NETIF_F_SG | NETIF_F_HW_CSUM;
	if (kind == NIC_GSO)
		dev->features |= NETIF_F_GSO_SOFTWARE;
	dev->hw_features = dev->features;
	nic->dev = dev;
	err = register_netdev(dev);
	if (err) {
		free_netdev(dev);
		kfree(nic);
		return ERR_PTR(err);
	}
	nic_up(nic, true);
	return nic;
}

/**
 * nic_set_mtu() - another MTU than ETH_DATA_LEN
 * @nic: the NIC
 * @mtu: the largest IP packet that it takes
 */
void nic_set_mtu(struct nic *nic, int mtu)
{
	rtnl_lock();
	dev_set_mtu(nic->dev, mtu);
	rtnl_unlock();
}

/**
 * nic_release_held() - free what the NIC held, as a transmit interrupt would
 * @nic: the NIC
 */
void nic_release_held(struct nic *nic)
{
	skb_queue_purge(&nic->held);
}

/* A request to rtnetlink, as "ip" would send it, and the answer to it. */
static int rtnl_ask(struct net *net, void *msg, size_t len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	/* the socket has no file, which does not matter where an address is given */
	struct msghdr hdr = { .msg_name = &kernel, .msg_namelen = sizeof(kernel) };
	struct kvec vec = { .iov_base = msg, .iov_len = len };
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr err;
		u8 more[256];
	} answer;
	struct socket *sock;
	int err;

	err = sock_create_kern(net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock);
	if (err)
		return err;
	err = kernel_sendmsg(sock, &hdr, &vec, 1, len);
	if (err < 0)
		goto out;
	vec.iov_base = &answer;
	vec.iov_len = sizeof(answer);
	err = kernel_recvmsg(sock, &hdr, &vec, 1, sizeof(answer), MSG_DONTWAIT);
	if (err < 0)
		goto out;
	err = err < (int)NLMSG_LENGTH(sizeof(struct nlmsgerr)) ||
	      answer.nlh.nlmsg_type != NLMSG_ERROR ? -EPROTO : answer.err.error;
out:
	sock_release(sock);
	return err;
}

static bool is_ip6(const struct in6_addr *addr)
{
	return !ipv6_addr_any(addr) && !ipv6_addr_v4mapped(addr);
}

static int ask_address(struct nic *nic, const struct in6_addr *addr, int prefix, u16 type,
		       u16 flags)
{
	bool ip4 = !is_ip6(addr);
	struct {
		struct nlmsghdr nlh;
		struct ifaddrmsg ifa;
		struct nlattr attr;
		__be32 addr[4];
	} msg = {
		.nlh = {
			.nlmsg_len = offsetof(typeof(msg), addr[ip4 ? 1 : 4]),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags,
		},
		.ifa = {
			.ifa_family = ip4 ? AF_INET : AF_INET6,
			.ifa_prefixlen = prefix,
			.ifa_flags = ip4 ? 0 : IFA_F_NODAD,
			.ifa_index = nic->dev->ifindex,
		},
		.attr = {
			.nla_len = sizeof(msg.attr) + (ip4 ? sizeof(__be32) : sizeof(*addr)),
			.nla_type = IFA_LOCAL,
		},
	};

	if (ip4)
		msg.addr[0] = addr->s6_addr32[3];
	else
		memcpy(msg.addr, addr, sizeof(*addr));
	return rtnl_ask(dev_net(nic->dev), &msg, msg.nlh.nlmsg_len);
}

/* Is this address the host's own?  The answer stays in this processor's cache of routes. */
static bool is_local(struct nic *nic, const struct in6_addr *addr)
{
	struct flowi6 fl6 = { .daddr = *addr };
	struct dst_entry *dst = ip6_route_output(dev_net(nic->dev), NULL, &fl6);
	bool local = !dst->error && container_of(dst, struct rt6_info, dst)->rt6i_flags & RTF_LOCAL;

	dst_release(dst);
	return local;
}

/* A worker makes an IPv6 address the host's own; it tells nobody.  If it is late, the net's
 * route gets into the cache; so that must always be there.
 */
static int await_address(struct nic *nic)
{
	unsigned long end = jiffies + 10 * HZ;
	struct in6_addr other = nic->addr;

	other.s6_addr[15] ^= 0xff;
	is_local(nic, &other);
	while (!is_local(nic, &nic->addr)) {
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		usleep_range(20, 50);
	}
	return 0;
}

/**
 * nic_up() - set the NIC up or down
 * @nic: the NIC
 * @up: which
 */
void nic_up(struct nic *nic, bool up)
{
	bool was_up = nic->dev->flags & IFF_UP;

	rtnl_lock();
	if (up)
		dev_open(nic->dev, NULL);
	else
		dev_close(nic->dev);
	rtnl_unlock();
	nic->used_up |= !up;
	/* a device that goes down loses its IPv6 addresses */
	if (up && !was_up && is_ip6(&nic->addr) &&
	    !ask_address(nic, &nic->addr, nic->prefix, RTM_NEWADDR, NLM_F_CREATE))
		await_address(nic);
}

static void drop_address(struct nic *nic)
{
	if (!ipv6_addr_any(&nic->addr))
		ask_address(nic, &nic->addr, nic->prefix, RTM_DELADDR, 0);
	if (!ipv6_addr_any(&nic->ip4_addr))
		ask_address(nic, &nic->ip4_addr, 24, RTM_DELADDR, 0);
	nic->addr = in6addr_any;
	nic->ip4_addr = in6addr_any;
	nic->used_up = false;
}

/**
 * nic_set_address() - give the NIC its address
 * @nic: the NIC
 * @addr: the address, of IPv4 as a mapped one
 * @prefix: the length of its network's prefix
 *
 * If it has that address, which a case before has left, so it stays.
 *
 * Return: 0 or a negative errno
 */
int nic_set_address(struct nic *nic, const struct in6_addr *addr, int prefix)
{
	int err;

	if (ipv6_addr_equal(&nic->addr, addr) && nic->prefix == prefix)
		return 0;
	drop_address(nic);
	nic->addr = *addr;
	nic->prefix = prefix;
	err = ask_address(nic, addr, prefix, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	return err || !is_ip6(addr) ? err : await_address(nic);
}

/**
 * nic_add_ip4() - give the NIC an IPv4 address besides, for this case
 * @nic: the NIC
 * @addr: the address, a mapped one; its network's prefix has 24 bits
 *
 * Return: 0 or a negative errno
 */
int nic_add_ip4(struct nic *nic, const struct in6_addr *addr)
{
	nic->used_up = true;
	nic->ip4_addr = *addr;
	return ask_address(nic, addr, 24, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
}

/**
 * nic_clear() - the NIC is as nic_make() made it, whatever a test did to it
 * @nic: the NIC
 *
 * But it keeps its address, and the routes that come with it, unless they are used up:
 * to make and delete them takes as long as half a case.  Its MTU is for conv_init() to
 * say.
 */
void nic_clear(struct nic *nic)
{
	nic->hold = false;
	nic->direct = false;
	nic->sums = false;
	nic->sends = NULL;
	nic->pkt_type = PACKET_HOST;
	nic->merged = 0;
	skb_queue_purge(&nic->held);
	if (nic->used_up)
		drop_address(nic);
	nic_up(nic, true);
	skb_queue_purge(&nic->sent);
}

/**
 * nic_free() - the NIC goes, with all that it has
 * @nic: the NIC
 */
void nic_free(struct nic *nic)
{
	unregister_netdev(nic->dev);
	skb_queue_purge(&nic->sent);
	skb_queue_purge(&nic->held);
	free_netdev(nic->dev);
	kfree(nic);
}

static DECLARE_COMPLETION(seen);

static void received(struct sk_buff *skb)
{
	complete(&seen);
}

/**
 * nic_receive() - a packet comes in from the wire
 * @nic: the NIC
 * @packet: begins with the IP header
 * @len: its length in bytes
 *
 * Process context, on one processor.  When this returns, the softirq has dealt
 * with the packet.
 *
 * Return: true; false where it never ran, or there was no memory
 */
bool nic_receive(struct nic *nic, const void *packet, size_t len)
{
	struct sk_buff *skb = alloc_skb(NET_SKB_PAD + len, GFP_KERNEL);

	if (!skb)
		return false;
	skb_reserve(skb, NET_SKB_PAD);
	skb_put_data(skb, packet, len);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	skb->protocol = ip_hdr(skb)->version == 6 ? htons(ETH_P_IPV6) : htons(ETH_P_IP);
	skb->pkt_type = nic->pkt_type;
	skb->dev = nic->dev;
	if (nic->sums) {
		skb->ip_summed = CHECKSUM_COMPLETE;
		skb->csum = csum_partial(packet, len, 0);
	}
	if (nic->merged) {
		skb_shinfo(skb)->gso_size = nic->merged;
		skb_shinfo(skb)->gso_segs = nic->segs;
	}
	/* the IP layer orphans what it takes, and frees what it does not */
	skb->destructor = received;
	reinit_completion(&seen);
	local_bh_disable();
	if (nic->direct)
		netif_receive_skb(skb);
	else
		netif_rx(skb);
	local_bh_enable();	/* here the softirq runs */
	return wait_for_completion_timeout(&seen, 10 * HZ) > 0;
}
