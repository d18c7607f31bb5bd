// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Reports the network namespace of the skb, or without an skb that of the arguments of the probed function. */
#include <retis/hook.h>

struct ns_section {
	/* Unique until reboot; 0 if the kernel has none. */
	u64 cookie;
	/* Time of the hit: inode numbers are given again, so a name depends on when. */
	u64 time;
	u32 inum;
	u32 reserved;
};

RETIS_SECTION(ns, netns, struct ns_section);
RETIS_ARG(ns, net);
RETIS_ARG(ns, net_device);
/* struct net has a plain 64-bit cookie (5.12); before, it was an atomic, set on demand. */
RETIS_CONST(ns, bool, has_cookie, false);

/* The namespace of the device, else of the socket, else of the arguments of the probed function. */
static __always_inline struct net *net_of(const struct sk_buff *skb, struct net_device *device, struct net *argument)
{
	struct net *net = NULL;

	if (skb && skb->dev)
		net = BPF_CORE_READ(skb->dev, nd_net.net);
	if (!net && skb && skb->sk)
		net = BPF_CORE_READ(skb->sk, __sk_common.skc_net.net);
	if (!net)
		net = argument;
	if (!net && device)
		net = BPF_CORE_READ(device, nd_net.net);
	return net;
}

RETIS_HOOK(ns, RETIS_FILTERS_OR_STACK)
{
	const struct sk_buff *skb = retis_skb(ctx, event);
	struct ns_section *section;
	struct net *net;
	u32 inum;

	net = net_of(skb, (struct net_device *)retis_arg(ns, net_device), (struct net *)retis_arg(ns, net));
	if (!net)
		return 0;
	inum = BPF_CORE_READ(net, ns.inum);
	if (!inum)
		return 0;
	section = retis_section(ns, netns, struct ns_section);
	if (!section)
		return 0;
	section->inum = inum;
	section->time = retis_timestamp(ctx);
	if (retis_const(ns, has_cookie))
		section->cookie = BPF_CORE_READ(net, net_cookie);
	return 0;
}
