// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Reports the network namespace of the skb, or without an skb that of the arguments of the probed function. */
#include <retis/hook.h>

struct ns_section {
	/* Unique until reboot; 0 if the kernel has none. */
	u64 cookie;
	/* Time of the hit: inode numbers are given again, so a name depends on when. */
	u64 time;
	/* Id of the control group (version 2) of the socket; 0 if there is none. */
	u64 cgroup;
	u32 inum;
	u32 reserved;
};

RETIS_SECTION(ns, netns, struct ns_section);
RETIS_ARG(ns, net);
RETIS_ARG(ns, net_device);
RETIS_ARG(ns, sock);
/* struct net has a plain 64-bit cookie (5.12); before, it was an atomic, set on demand. */
RETIS_CONST(ns, bool, has_cookie, false);

/* Kernel values: include/net/tcp_states.h. */
enum { STATE_TIME_WAIT = 6, STATE_NEW_SYN_RECV = 12 };

struct kernfs_node {
	u64 id;
} __attribute__((preserve_access_index));

struct cgroup {
	struct kernfs_node *kn;
} __attribute__((preserve_access_index));

struct sock_cgroup_data___pointer {
	struct cgroup *cgroup;
} __attribute__((preserve_access_index));

struct sock___pointer {
	struct sock_cgroup_data___pointer sk_cgrp_data;
} __attribute__((preserve_access_index));

/* Before 5.15 the word holds the pointer, or with one of the two lowest bits set what controllers of version 1 keep there. */
struct sock_cgroup_data___word {
	u64 val;
} __attribute__((preserve_access_index));

struct sock___word {
	struct sock_cgroup_data___word sk_cgrp_data;
} __attribute__((preserve_access_index));

/* See sock_cgroup_ptr() of include/linux/cgroup.h; for RETIS_READ(). NULL is the root as well. */
static __always_inline struct cgroup *cgroup_of(const struct sock *sk)
{
	const struct sock___pointer *with_pointer = (const void *)sk;
	const struct sock___word *with_word = (const void *)sk;
	u64 word;

	if (bpf_core_field_exists(with_pointer->sk_cgrp_data.cgroup))
		return RETIS_READ(with_pointer, sk_cgrp_data.cgroup);
	if (!bpf_core_field_exists(with_word->sk_cgrp_data.val))
		return NULL;
	word = BPF_CORE_READ(with_word, sk_cgrp_data.val);
	return word & 3 ? NULL : RETIS_POINTER(struct cgroup, word);
}

static __always_inline u64 cgroup_id(const struct sock *sk)
{
	struct cgroup *cgroup;
	u8 state;

	/* Of connections that are being opened or are over, the kernel keeps less than a struct sock. */
	sk = RETIS_POINTER(struct sock, sk);
	state = RETIS_READ(sk, __sk_common.skc_state);
	if (state == STATE_TIME_WAIT || state == STATE_NEW_SYN_RECV)
		return 0;
	cgroup = cgroup_of(sk);
	return cgroup ? RETIS_READ(cgroup, kn, id) : 0;
}

/* The namespace of the device, else of the socket, else of the arguments of the probed function. */
static __always_inline struct net *net_of(const struct sk_buff *skb, const struct sock *sk, struct net_device *device,
					  struct net *argument)
{
	struct net_device *own_device = skb ? skb->dev : NULL;
	struct net *net = NULL;

	if (own_device)
		net = RETIS_READ(RETIS_POINTER(struct net_device, own_device), nd_net.net);
	if (!net && skb && skb->sk)
		net = RETIS_READ(RETIS_POINTER(struct sock, skb->sk), __sk_common.skc_net.net);
	if (!net)
		net = argument;
	if (!net && device)
		net = RETIS_READ(RETIS_POINTER(struct net_device, device), nd_net.net);
	if (!net && sk)
		net = RETIS_READ(RETIS_POINTER(struct sock, sk), __sk_common.skc_net.net);
	return net;
}

RETIS_HOOK(ns, RETIS_FILTERS_OR_STACK)
{
	const struct sk_buff *skb = retis_skb_basics(ctx, event);
	const struct sock *sk = (const struct sock *)retis_arg(ns, sock);
	struct ns_section *section;
	struct net *net;
	u32 inum;

	/* That of the packet, else the one that the function works for: the receiver's at skb:kfree_skb. */
	if (skb && skb->sk)
		sk = skb->sk;
	net = net_of(skb, sk, (struct net_device *)retis_arg(ns, net_device), (struct net *)retis_arg(ns, net));
	if (!net)
		return 0;
	net = RETIS_POINTER(struct net, net);
	inum = RETIS_READ(net, ns.inum);
	if (!inum)
		return 0;
	section = retis_section(ns, netns, struct ns_section);
	if (!section)
		return 0;
	section->inum = inum;
	section->time = retis_timestamp(ctx);
	if (retis_const(ns, has_cookie))
		section->cookie = RETIS_READ(net, net_cookie);
	if (sk)
		section->cgroup = cgroup_id(sk);
	return 0;
}
