// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Reports why and where an skb was freed: the arguments of skb:kfree_skb, and the reason of other functions that have one,
 * whose caller is the place.
 */
#include <retis/hook.h>
#include "wire.h"

RETIS_SECTION(skb_drop, skb_drop, struct skb_drop_section);
RETIS_ARG(skb_drop, reason);
/* The reason of skb:kfree_skb: no other tracepoint has one at its position. */
RETIS_ARG(skb_drop, kfree_reason);
/* The kernel has drop reasons (5.17). */
RETIS_CONST(skb_drop, bool, has_reasons, true);
/* skb:kfree_skb has the socket that the packet was for (6.11). */
RETIS_CONST(skb_drop, bool, has_socket, false);

/* Positions of the arguments of skb:kfree_skb, include/trace/events/skb.h. */
enum { KFREE_LOCATION = 1, KFREE_SOCKET = 3 };

/* Kernel values: include/linux/socket.h, include/net/tcp_states.h. */
enum { FAMILY_INET = 2, FAMILY_INET6 = 10, STATE_TIME_WAIT = 6, STATE_NEW_SYN_RECV = 12, PROTOCOL_TCP = 6 };

struct kernfs_node___drop {
	u64 id;
} __attribute__((preserve_access_index));

struct cgroup___drop {
	struct kernfs_node___drop *kn;
} __attribute__((preserve_access_index));

struct sock_cgroup_data___drop {
	struct cgroup___drop *cgroup;
} __attribute__((preserve_access_index));

struct sock___drop {
	struct sock_cgroup_data___drop sk_cgrp_data;
} __attribute__((preserve_access_index));

static __always_inline void read_addresses(struct skb_drop_socket *out, const struct sock *sk, u16 family)
{
	if (family == FAMILY_INET) {
		out->version = 4;
		*(u32 *)out->local = RETIS_READ(sk, __sk_common.skc_rcv_saddr);
		*(u32 *)out->remote = RETIS_READ(sk, __sk_common.skc_daddr);
	} else if (family == FAMILY_INET6) {
		out->version = 6;
		RETIS_READ_WORDS(*(u64(*)[2])out->local, &sk->__sk_common.skc_v6_rcv_saddr);
		RETIS_READ_WORDS(*(u64(*)[2])out->remote, &sk->__sk_common.skc_v6_daddr);
	} else {
		return;
	}
	out->local_port = RETIS_READ(sk, __sk_common.skc_num);
	out->remote_port = bpf_ntohs(RETIS_READ(sk, __sk_common.skc_dport));
}

static __always_inline void read_socket(struct skb_drop_socket *out, const void *address)
{
	const struct sock *sk = RETIS_POINTER(struct sock, address);
	const struct sock___drop *owner = (const void *)sk;

	__builtin_memset(out, 0, sizeof(*out));
	out->family = RETIS_READ(sk, __sk_common.skc_family);
	out->state = RETIS_READ(sk, __sk_common.skc_state);
	read_addresses(out, sk, out->family);
	/* Of connections that are being opened or are over, the kernel keeps less than a struct sock. */
	if (out->state == STATE_TIME_WAIT || out->state == STATE_NEW_SYN_RECV) {
		out->protocol = PROTOCOL_TCP;
		return;
	}
	out->protocol = RETIS_READ(sk, sk_protocol);
	/* Before 5.14 the pointer shares its word with other things; there is no socket argument before 6.11. */
	if (bpf_core_field_exists(owner->sk_cgrp_data.cgroup))
		out->cgroup = RETIS_READ(owner, sk_cgrp_data.cgroup, kn, id);
}

RETIS_HOOK(skb_drop, RETIS_ALL_FILTERS)
{
	bool with_reasons = retis_const(skb_drop, has_reasons);
	bool at_kfree_skb =
		ctx->type == RETIS_RAW_TRACEPOINT && (!with_reasons || retis_has_arg(skb_drop, kfree_reason));
	const struct sock *sk = NULL;
	struct skb_drop_section *section;

	if (with_reasons && !retis_has_arg(skb_drop, reason))
		return 0;
	if (retis_const(skb_drop, has_socket) && at_kfree_skb)
		sk = (const struct sock *)event->args[KFREE_SOCKET];
	section = sk ? retis_section_with(skb_drop, skb_drop, struct skb_drop_section, sizeof(struct skb_drop_socket))
		     : retis_section(skb_drop, skb_drop, struct skb_drop_section);
	if (!section)
		return 0;
	section->reason = with_reasons ? (s32)retis_arg(skb_drop, reason) : -1;
	section->location = at_kfree_skb ? event->args[KFREE_LOCATION] : event->args[RETIS_ARG_CALLER];
	if (sk)
		read_socket(section->socket, sk);
	return 0;
}
