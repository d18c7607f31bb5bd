// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * User space gives a packet back for its actions to be executed. The new skb has just been filled with what user space sent
 * (ovs_flow_key_extract_userspace, called by ovs_packet_cmd_execute): it is the packet that was handed up. Light.
 */
#include "openvswitch.h"
#include "packet-id.h"
#include "state.h"

/* ovs_flow_key_extract_userspace(net, attr, skb, key, log) */
RETIS_ARG(ovs, command_net);

/* Set for those that came back before. */
#define OVS_CAME_BACK (1ull << 63)

/*
 * Takes the oldest packet of an id. Without one that is still to come back it is the one that came back last: its actions had
 * an error. NULL when none is known.
 */
static __always_inline const struct ovs_queued *ovs_take(u32 id, u64 now)
{
	volatile struct ovs_choice *choice = ovs_new_choice();
	struct ovs_row *row = ovs_row_of(id);
	struct ovs_queued *queued;

	if (!choice || !row)
		return NULL;
#pragma unroll
	for (int i = 0; i < OVS_ROW; i++) {
		u64 rank = row->packets[i].timestamp;

		if (row->packets[i].id != id || !ovs_is_recent(&row->packets[i], now))
			continue;
		if (row->packets[i].taken)
			rank = (~rank & ~OVS_CAME_BACK) | OVS_CAME_BACK;
		ovs_offer(choice, i, rank);
	}
	if (choice->rank == OVS_NO_PLACE)
		return NULL;
	queued = &row->packets[choice->place % OVS_ROW];
	queued->taken = 1;
	return queued;
}

RETIS_HOOK(ovs_command, RETIS_RAW)
{
	u64 address = retis_skb_address(ctx, event), key = retis_stack_key(event);
	const struct sk_buff *skb = (void *)address;
	struct ovs_command command = {};
	const struct ovs_queued *queued;
	u32 length;

	if (!skb)
		return 0;
	length = BPF_CORE_READ(skb, len);
	command.skb = address;
	command.queue_id = ovs_packet_id(BPF_CORE_READ(skb, data), length, length - BPF_CORE_READ(skb, data_len),
					 retis_arg(ovs, command_net), OVS_COMMAND_PLACE);
	if (!command.queue_id)
		return 0;
	queued = ovs_take(command.queue_id, retis_timestamp(ctx));
	if (queued) {
		command.packet = queued->packet;
		retis_adopt(ctx, address, &command.packet);
	}
	if (retis_const(ovs, track))
		bpf_map_update_elem(&ovs_commands, &key, &command, BPF_ANY);
	return 0;
}
