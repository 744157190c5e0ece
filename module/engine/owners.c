// SPDX-License-Identifier: GPL-2.0
/*
 * The owners of a port, and whether another may join them.
 *
 * A port may have a listener and 20,000 connections, and bind() must find out
 * whether one of them is in the way.  So owners that are equal in all that
 * matters are a group, groups that differ only in the address are a class, and
 * both stand in trees.  A bid for one address looks at the groups of that
 * address and at those of every address; a bid for every address looks at the
 * classes.  All children of a listener at one address are one group.
 *
 * SO_REUSEADDR and SO_REUSEPORT of a socket may change later.  Setting one counts
 * at once: where a group is in the way, its first owner is asked, and one that has
 * set an option meanwhile moves to the group that it belongs to now.  Clearing one
 * counts when the socket connects or listens: what it offered at bind() stands
 * until then.  The kernel's TCP is no guide: 6.1 notes at bind() that a port is
 * free for all to share, and does as we do; 6.12 asks each socket anew.
 */
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include "owners.h"
#include "tcb.h"

static_assert(sizeof(struct xtcp_owner_key) ==
	      sizeof(struct in6_addr) + 2 * sizeof(int) + sizeof(kuid_t) + sizeof(u32));

static struct xtcp_owner_group *owner_group_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct xtcp_owner_group, node);
}

/* Which IP versions does the address reach?  :: reaches both, unless IPV6_V6ONLY. */
static u32 owner_sock_versions(const struct sock *sk)
{
	const struct in6_addr *laddr = &xtcp_sk(sk)->node.tuple.laddr;

	if (likely(ipv6_addr_v4mapped(laddr)))
		return XTCP_OWNER_V4;
	return ipv6_addr_any(laddr) && !sk->sk_ipv6only ? XTCP_OWNER_V4 | XTCP_OWNER_V6 :
							  XTCP_OWNER_V6;
}

/* What the socket's options say now. */
static u32 owner_sock_how(const struct sock *sk)
{
	return (sk->sk_reuse != SK_NO_REUSE ? XTCP_OWNER_REUSE : 0) |
	       (sk->sk_reuseport ? XTCP_OWNER_REUSEPORT : 0);
}

static void owner_key_set_how(struct xtcp_owner_key *key, u32 how, kuid_t uid)
{
	key->how = how;
	key->uid = how & XTCP_OWNER_REUSEPORT && !(how & XTCP_OWNER_TIME_WAIT) ?
		   uid : GLOBAL_ROOT_UID;
}

/**
 * xtcp_owner_key() - make the key of a socket that owns a port, or wants to
 * @key: where to write it
 * @sk: the socket; its tuple has the address
 * @uid: whose it is
 *
 * Any context.
 */
void xtcp_owner_key(struct xtcp_owner_key *key, const struct sock *sk,
		    kuid_t uid)
{
	const struct in6_addr *laddr = &xtcp_sk(sk)->node.tuple.laddr;

	key->laddr = xtcp_owner_any_addr(laddr) ? in6addr_any : *laddr;
	key->ifindex = READ_ONCE(sk->sk_bound_dev_if);
	key->l3mdev = inet_sk_bound_l3mdev(sk);
	owner_key_set_how(key, owner_sock_how(sk) | owner_sock_versions(sk) |
			  (xtcp_sk(sk)->owner.bound ? XTCP_OWNER_BOUND : 0), uid);
}

/* ---- the trees ---- */

/* Word by word, for most that are compared are equal. */
static bool owner_keys_equal(const struct xtcp_owner_key *a, const struct xtcp_owner_key *b)
{
	return ipv6_addr_equal(&a->laddr, &b->laddr) && a->ifindex == b->ifindex &&
	       a->l3mdev == b->l3mdev && uid_eq(a->uid, b->uid) && a->how == b->how;
}

static int owner_key_cmp(const void *key, const struct rb_node *node)
{
	const struct xtcp_owner_key *other =
		&rb_entry(node, struct xtcp_owner_group, node)->key;

	return owner_keys_equal(key, other) ? 0 : memcmp(key, other, sizeof(*other));
}

static int owner_node_cmp(struct rb_node *new, const struct rb_node *node)
{
	return owner_key_cmp(&owner_group_of(new)->key, node);
}

static struct xtcp_owner_group *owner_group_alloc(struct xtcp_owners *owners)
{
	struct xtcp_owner_group *g;

	for (g = owners->first; g < owners->first + ARRAY_SIZE(owners->first); g++) {
		if (!g->taken) {
			*g = (struct xtcp_owner_group) { .taken = true };
			return g;
		}
	}
	return kzalloc(sizeof(*g), GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT);
}

static void owner_group_free(struct xtcp_owner_group *g)
{
	if (g->taken)
		g->taken = false;
	else
		kfree(g);
}

static struct xtcp_owner_group *owner_group_find_or_make(struct xtcp_owners *owners,
							 struct rb_root *root,
							 const struct xtcp_owner_key *key)
{
	struct xtcp_owner_group *g = owner_group_of(rb_find(key, root, owner_key_cmp));

	if (g)
		return g;
	g = owner_group_alloc(owners);
	if (!g)
		return NULL;
	g->key = *key;
	rb_find_add(&g->node, root, owner_node_cmp);
	return g;
}

static void owner_class_free_empty(struct xtcp_owners *owners,
				   struct xtcp_owner_group *class)
{
	if (!hlist_empty(&class->members))
		return;
	rb_erase(&class->node, &owners->classes);
	owner_group_free(class);
}

static void owner_group_free_empty(struct xtcp_owners *owners,
				   struct xtcp_owner_group *g)
{
	if (!hlist_empty(&g->members))
		return;
	hlist_del(&g->sibling);
	owner_class_free_empty(owners, g->class);
	rb_erase(&g->node, &owners->groups);
	owner_group_free(g);
}

/* The group for a key, in its class. */
static struct xtcp_owner_group *owner_group_get(struct xtcp_owners *owners,
						const struct xtcp_owner_key *key)
{
	struct xtcp_owner_key class_key = *key;
	struct xtcp_owner_group *g, *class;

	g = owner_group_find_or_make(owners, &owners->groups, key);
	if (!g || g->class)
		return g;
	class_key.laddr = in6addr_any;
	class = owner_group_find_or_make(owners, &owners->classes, &class_key);
	if (!class) {
		rb_erase(&g->node, &owners->groups);
		owner_group_free(g);
		return NULL;
	}
	g->class = class;
	hlist_add_head(&g->sibling, &class->members);
	return g;
}

/* The first group of an address. */
static struct xtcp_owner_group *owner_group_first(struct xtcp_owners *owners,
						  const struct in6_addr *laddr)
{
	struct rb_node *node = owners->groups.rb_node, *first = NULL;

	while (node) {
		if (ipv6_addr_cmp(&owner_group_of(node)->key.laddr, laddr) >= 0) {
			first = node;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return owner_group_of(first);
}

/* ---- conflicts ---- */

/* Do these two conflict, if they have the same address?  The rules of
 * socket(7): SO_REUSEADDR on both as long as the other does not listen, or
 * SO_REUSEPORT on both and the same user.
 */
static bool owner_keys_conflict(const struct xtcp_owner_key *wish,
				const struct xtcp_owner_key *other)
{
	u32 both = wish->how & other->how;

	if (!(both & XTCP_OWNER_VERSIONS) || wish->l3mdev != other->l3mdev ||
	    (wish->ifindex && other->ifindex && wish->ifindex != other->ifindex))
		return false;
	if (both & XTCP_OWNER_REUSE && !(other->how & XTCP_OWNER_LISTENS))
		return false;
	if (both & XTCP_OWNER_REUSEPORT &&
	    (other->how & XTCP_OWNER_TIME_WAIT || uid_eq(wish->uid, other->uid)))
		return false;
	return true;
}

/* Make the owner's key from the options that it has set by now.  Return:
 * whether it differs from its group's
 */
static bool owner_has_changed(const struct xtcp_owner *o,
			      struct xtcp_owner_key *now)
{
	*now = o->group->key;
	if (o->is_sock) {
		const struct xtcp_sock *x = container_of(o, struct xtcp_sock, owner);

		owner_key_set_how(now, now->how | owner_sock_how(&x->inet.sk), o->uid);
	}
	return now->how != o->group->key.how;
}

/* A group is in the way.  Are its owners? */
static int owners_ask_members(struct xtcp_owners *owners,
			      struct xtcp_owner_group *g,
			      struct xtcp_owners_check *check)
{
	struct xtcp_owner_key now;
	struct hlist_node *next;
	struct xtcp_owner *o;

	/* the last one to move takes the group with it */
	hlist_for_each_entry_safe(o, next, &g->members, node) {
		check->looks++;
		if (o == check->self)
			continue;
		if (!owner_has_changed(o, &now) ||
		    owner_keys_conflict(check->wish, &now))
			return -EADDRINUSE;
		if (check->moves++ == XTCP_OWNERS_MOVES_MAX)
			return -EAGAIN;
		if (xtcp_owners_move(owners, o, &now))
			return -ENOMEM;
	}
	return 0;
}

static int owners_ask_group(struct xtcp_owners *owners, struct xtcp_owner_group *g,
			    struct xtcp_owners_check *check)
{
	check->looks++;
	return owner_keys_conflict(check->wish, &g->key) ?
	       owners_ask_members(owners, g, check) : 0;
}

static int owners_ask_class(struct xtcp_owners *owners,
			    struct xtcp_owner_group *class,
			    struct xtcp_owners_check *check)
{
	struct xtcp_owner_group *g;
	struct hlist_node *next;
	int err = 0;

	check->looks++;
	if (!owner_keys_conflict(check->wish, &class->key))
		return 0;
	hlist_for_each_entry_safe(g, next, &class->members, sibling) {
		err = owners_ask_group(owners, g, check);
		if (err)
			break;
	}
	return err;
}

static int owners_ask_address(struct xtcp_owners *owners,
			      const struct in6_addr *laddr,
			      struct xtcp_owners_check *check)
{
	struct xtcp_owner_group *g = owner_group_first(owners, laddr), *next;
	int err = 0;

	for (; g && !err && ipv6_addr_equal(&g->key.laddr, laddr); g = next) {
		next = owner_group_of(rb_next(&g->node));
		err = owners_ask_group(owners, g, check);
	}
	return err;
}

static int owners_ask_classes(struct xtcp_owners *owners,
			      struct xtcp_owners_check *check)
{
	struct xtcp_owner_group *class, *next;
	int err = 0;

	class = owner_group_of(rb_first(&owners->classes));
	for (; class && !err; class = next) {
		next = owner_group_of(rb_next(&class->node));
		err = owners_ask_class(owners, class, check);
	}
	return err;
}

/**
 * xtcp_owners_conflict() - is an owner of the port in the way?
 * @owners: the port's
 * @check: the bid; its counts must be zero
 *
 * Port lock held.  Looks at no more than the groups of the address, or, for every
 * address, the classes; at an owner only where its group is in the way.
 *
 * Return: 0; -EADDRINUSE; -EAGAIN where so many owners had to move that the lock
 * must be dropped for a while; -ENOMEM
 */
int xtcp_owners_conflict(struct xtcp_owners *owners,
			 struct xtcp_owners_check *check)
{
	int err;

	if (xtcp_owner_any_addr(&check->wish->laddr))
		return owners_ask_classes(owners, check);
	err = owners_ask_address(owners, &in6addr_any, check);
	return err ?: owners_ask_address(owners, &check->wish->laddr, check);
}

/**
 * xtcp_owners_bound() - has an owner its port by bind()?
 * @owners: the port's
 * @l3mdev: the VRF's device; 0: outside
 *
 * Port lock held.
 */
bool xtcp_owners_bound(const struct xtcp_owners *owners, int l3mdev)
{
	const struct xtcp_owner_key *key;
	struct rb_node *node;

	for (node = rb_first(&owners->classes); node; node = rb_next(node)) {
		key = &owner_group_of(node)->key;
		if (key->l3mdev == l3mdev && key->how & XTCP_OWNER_BOUND)
			return true;
	}
	return false;
}

/* ---- owners come and go ---- */

/**
 * xtcp_owners_add() - add an owner
 * @owners: the port's
 * @o: the owner, of no group
 * @key: what it is
 *
 * Port lock held.  Return: 0 or -ENOMEM
 */
int xtcp_owners_add(struct xtcp_owners *owners, struct xtcp_owner *o,
		    const struct xtcp_owner_key *key)
{
	o->group = owner_group_get(owners, key);
	if (!o->group)
		return -ENOMEM;
	hlist_add_head(&o->node, &o->group->members);
	return 0;
}

/**
 * xtcp_owners_join() - add an owner to another's group
 * @o: the owner, of no group
 * @other: one that has a group
 *
 * Port lock held.
 */
void xtcp_owners_join(struct xtcp_owner *o, const struct xtcp_owner *other)
{
	o->group = other->group;
	hlist_add_head(&o->node, &o->group->members);
}

/**
 * xtcp_owners_move() - an owner is something else now
 * @owners: the port's
 * @o: one of them
 * @key: what it is
 *
 * Port lock held.  Return: 0; -ENOMEM: then it stays where it was
 */
int xtcp_owners_move(struct xtcp_owners *owners, struct xtcp_owner *o,
		     const struct xtcp_owner_key *key)
{
	struct xtcp_owner_group *g = owner_group_get(owners, key), *before = o->group;

	if (!g)
		return -ENOMEM;
	if (g == before)
		return 0;
	hlist_del(&o->node);
	o->group = g;
	hlist_add_head(&o->node, &g->members);
	owner_group_free_empty(owners, before);
	return 0;
}

/**
 * xtcp_owners_remove() - remove an owner
 * @owners: the port's
 * @o: one of them
 *
 * Port lock held.
 */
void xtcp_owners_remove(struct xtcp_owners *owners, struct xtcp_owner *o)
{
	hlist_del_init(&o->node);
	owner_group_free_empty(owners, o->group);
	o->group = NULL;
}

/**
 * xtcp_owners_idle_sock() - a socket that has the port, and neither listens nor is connected
 * @owners: the port's
 * @nth: how many of them to pass over
 *
 * The port's lock is held.  Return: the socket, with a reference for the caller; NULL where
 * there are no more
 */
struct sock *xtcp_owners_idle_sock(const struct xtcp_owners *owners, unsigned int nth)
{
	struct rb_node *node;
	struct xtcp_owner *o;
	struct sock *sk;

	for (node = rb_first(&owners->groups); node; node = rb_next(node)) {
		hlist_for_each_entry(o, &owner_group_of(node)->members, node) {
			if (!o->is_sock)
				continue;
			sk = &container_of(o, struct xtcp_sock, owner)->inet.sk;
			if (inet_sk_state_load(sk) != TCP_CLOSE || nth-- ||
			    !refcount_inc_not_zero(&sk->sk_refcnt))
				continue;
			return sk;
		}
	}
	return NULL;
}
