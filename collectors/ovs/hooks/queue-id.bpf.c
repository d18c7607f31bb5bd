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

/* Remembers the packet until it comes back. */
static __always_inline void ovs_put(const struct ovs_upcall *upcall, u32 id, u64 now)
{
	struct ovs_queued *queued = bpf_map_lookup_elem(&ovs_queue, &id);

	if (!queued) {
		struct ovs_queued fresh = {};

		bpf_map_update_elem(&ovs_queue, &id, &fresh, BPF_NOEXIST);
		queued = bpf_map_lookup_elem(&ovs_queue, &id);
	}
	if (!queued) {
		retis_lost(ovs, queue_full);
		return;
	}
	/* So many never came back: forget the oldest. */
	if (queued->put - queued->taken >= OVS_SAME_ID)
		queued->taken = queued->put - OVS_SAME_ID + 1;
	queued->packets[queued->put % OVS_SAME_ID].identity = upcall->packet;
	queued->packets[queued->put % OVS_SAME_ID].timestamp = now;
	queued->put++;
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
	upcall->queue_id = ovs_packet_id(BPF_CORE_READ(skb, data), length, linear, false);
	if (upcall->queue_id)
		ovs_put(upcall, upcall->queue_id, retis_timestamp(ctx));
	else
		retis_lost(ovs, unreadable);
	return 0;
}
