// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * The copy for user space is made (skb_zerocopy): only here the packet is what user space will get, its checksum complete and
 * its VLAN tag in place. Light.
 */
#include "openvswitch.h"
#include "packet-id.h"
#include "state.h"

/* skb_zerocopy(to, from, len, hlen) */
RETIS_ARG(ovs, copied_skb);
RETIS_ARG(ovs, copied_length);

RETIS_LOSS(ovs, unreadable);
RETIS_LOSS(ovs, queue_full);

/* Set for those that must not make room for others, unless there is nothing else. */
#define OVS_IN_USER_SPACE (1ull << 63)

/* Order in which packets make room: free places, then those that are of no use any more, then those that may come back. */
static __always_inline u64 ovs_rank(const struct ovs_queued *queued, u64 now)
{
	return queued->timestamp | (ovs_is_recent(queued, now) && !queued->taken ? OVS_IN_USER_SPACE : 0);
}

/* Remembers the packet until it comes back. */
static __always_inline void ovs_remember(struct ovs_upcall *upcall, u32 id, u64 now)
{
	volatile struct ovs_choice *choice = ovs_new_choice();
	struct ovs_row *row = ovs_row_of(id);
	struct ovs_queued *queued;
	u64 lowest, seen;
	bool is_taken;

	if (!choice || !row)
		return;
#pragma unroll
	for (int i = 0; i < OVS_ROW; i++)
		ovs_offer(choice, i, ovs_rank(&row->packets[i], now));
	lowest = choice->rank;
	upcall->place = choice->place % OVS_ROW;
	queued = &row->packets[choice->place % OVS_ROW];
	seen = lowest & ~OVS_IN_USER_SPACE;
	is_taken = __sync_val_compare_and_swap(&queued->timestamp, seen, now) != seen;
	/* Of two CPUs that choose the same place one loses its packet. */
	if (is_taken || lowest & OVS_IN_USER_SPACE)
		retis_lost(ovs, queue_full);
	if (is_taken) {
		upcall->queue_id = 0;
		return;
	}
	/* It has no id while it is written. */
	*(volatile u32 *)&queued->id = 0;
	queued->packet = upcall->packet;
	queued->taken = 0;
	*(volatile u32 *)&queued->id = id;
}

RETIS_HOOK(ovs_queue_id, RETIS_RAW)
{
	struct ovs_upcall *upcall = ovs_current_upcall(event);
	const struct sk_buff *skb = (void *)retis_arg(ovs, copied_skb);
	u32 length, linear;

	if (!upcall || !skb)
		return 0;
	length = retis_arg(ovs, copied_length);
	linear = BPF_CORE_READ(skb, len) - BPF_CORE_READ(skb, data_len);
	if (linear > length)
		linear = length;
	upcall->queue_id = ovs_packet_id(BPF_CORE_READ(skb, data), length, linear, upcall->net, OVS_UPCALL_PLACE);
	if (upcall->queue_id)
		ovs_remember(upcall, upcall->queue_id, retis_timestamp(ctx));
	else
		retis_lost(ovs, unreadable);
	return 0;
}
