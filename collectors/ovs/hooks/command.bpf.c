// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * User space gives a packet back for its actions to be executed. The new skb has just been filled with what user space sent
 * (ovs_flow_key_extract_userspace, called by ovs_packet_cmd_execute): it is the packet that was handed up. Light.
 */
#include "openvswitch.h"
#include "packet-id.h"
#include "state.h"

/* After so long, nanoseconds, a packet with the same id is another one. */
#define OVS_FORGOTTEN 10000000000ll

/* Takes the oldest packet of an id. One may come back more than once, when its actions had an error. NULL when none is known. */
static __always_inline const struct ovs_queued_packet *ovs_take(struct ovs_queued *queued, u64 now)
{
	const struct ovs_queued_packet *packet = NULL;

#pragma unroll
	for (int i = 0; i < OVS_SAME_ID; i++) {
		if (queued->taken != queued->put)
			queued->taken++;
		packet = &queued->packets[(queued->taken - 1) % OVS_SAME_ID];
		if ((s64)(now - packet->timestamp) <= OVS_FORGOTTEN)
			return packet;
	}
	return NULL;
}

RETIS_HOOK(ovs_command, RETIS_RAW)
{
	u64 address = retis_skb_address(ctx, event), key = retis_stack_key(event);
	const struct sk_buff *skb = (void *)address;
	const struct ovs_queued_packet *packet;
	struct ovs_command command = {};
	struct ovs_queued *queued;
	u32 length, id;

	if (!skb)
		return 0;
	length = BPF_CORE_READ(skb, len);
	id = ovs_packet_id(BPF_CORE_READ(skb, data), length, length - BPF_CORE_READ(skb, data_len), false);
	queued = bpf_map_lookup_elem(&ovs_queue, &id);
	packet = queued ? ovs_take(queued, retis_timestamp(ctx)) : NULL;
	if (!packet)
		return 0;
	command.packet = packet->identity;
	command.queue_id = id;
	retis_adopt(ctx, address, &command.packet);
	if (retis_const(ovs, track))
		bpf_map_update_elem(&ovs_commands, &key, &command, BPF_ANY);
	return 0;
}
