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

/*
 * Order in which packets make room: free places, then those that are of no use any more, then those that may come back. Never
 * one that another CPU is writing.
 */
static __always_inline u64 ovs_rank(const struct ovs_queued *queued, u64 now)
{
	u64 timestamp = ovs_queued_at(queued);

	if (timestamp & OVS_WRITING)
		return OVS_NO_PLACE;
	return timestamp | (ovs_is_recent(timestamp, now) && !queued->taken ? OVS_IN_USER_SPACE : 0);
}

/* Takes the place that makes room first. Returns whether no other CPU took it at the same moment. */
static __always_inline bool ovs_claim(struct ovs_row *row, volatile struct ovs_choice *choice, u64 now)
{
	u64 seen;

	choice->rank = OVS_NO_PLACE;
#pragma unroll
	for (int i = 0; i < OVS_ROW; i++)
		ovs_offer(choice, i, ovs_rank(&row->packets[i], now));
	if (choice->rank == OVS_NO_PLACE)
		return false;
	seen = choice->rank & ~OVS_IN_USER_SPACE;
	return __sync_val_compare_and_swap(&row->packets[choice->place % OVS_ROW].timestamp, seen, now | OVS_WRITING) ==
	       seen;
}

/* Remembers the packet until it comes back. */
static __always_inline void ovs_remember(struct ovs_upcall *upcall, u32 id, u64 now)
{
	volatile struct ovs_choice *choice = ovs_new_choice();
	struct ovs_row *row = ovs_row_of(id);
	struct ovs_queued *queued;
	int tries = 0;

	if (!choice || !row)
		return;
#pragma clang loop unroll(disable)
	while (!ovs_claim(row, choice, now)) {
		if (++tries < OVS_TRIES)
			continue;
		retis_lost(ovs, queue_full);
		upcall->queue_id = 0;
		return;
	}
	if (choice->rank & OVS_IN_USER_SPACE)
		retis_lost(ovs, queue_full);
	upcall->place = choice->place % OVS_ROW;
	queued = &row->packets[choice->place % OVS_ROW];
	queued->id = id;
	queued->packet = upcall->packet;
	queued->taken = 0;
	/* After all that was written, on every architecture. */
	__sync_lock_test_and_set(&queued->timestamp, now);
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
