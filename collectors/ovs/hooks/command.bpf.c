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

/* Chooses among the packets of an id. Returns whether there is one, and no other CPU took it at the same moment. */
static __always_inline bool ovs_choose(struct ovs_row *row, volatile struct ovs_choice *choice, u32 id, u64 now)
{
	choice->rank = OVS_NO_PLACE;
#pragma unroll
	for (int i = 0; i < OVS_ROW; i++) {
		u64 rank = ovs_queued_at(&row->packets[i]);

		if (row->packets[i].id != id || !ovs_is_recent(rank, now))
			continue;
		if (row->packets[i].taken)
			rank = (~rank & ~OVS_CAME_BACK) | OVS_CAME_BACK;
		ovs_offer(choice, i, rank);
	}
	if (choice->rank & OVS_CAME_BACK)
		return choice->rank != OVS_NO_PLACE;
	return __sync_val_compare_and_swap(&row->packets[choice->place % OVS_ROW].taken, 0, 1) == 0;
}

/*
 * Takes the oldest packet of an id. Without one that is still to come back it is the one that came back last: its actions had
 * an error. Returns whether one is known.
 */
static __always_inline bool ovs_take(struct retis_identity *packet, u32 id, u64 now)
{
	volatile struct ovs_choice *choice = ovs_new_choice();
	struct ovs_row *row = ovs_row_of(id);
	const struct ovs_queued *queued;
	u64 timestamp;
	int tries = 0;

	if (!choice || !row)
		return false;
#pragma clang loop unroll(disable)
	while (!ovs_choose(row, choice, id, now)) {
		if (choice->rank == OVS_NO_PLACE || ++tries >= OVS_TRIES)
			return false;
	}
	queued = &row->packets[choice->place % OVS_ROW];
	timestamp = choice->rank & OVS_CAME_BACK ? ~choice->rank : choice->rank;
	*packet = queued->packet;
	/* Another CPU may have needed the place meanwhile: then the packet may be its. */
	return ((ovs_queued_at(queued) ^ timestamp) & ~OVS_CAME_BACK) == 0;
}

RETIS_HOOK(ovs_command, RETIS_RAW)
{
	u64 address = retis_skb_address(ctx, event), key = retis_stack_key(event);
	const struct sk_buff *skb = (void *)address;
	struct ovs_command command = {};
	u32 length;

	if (!skb)
		return 0;
	length = BPF_CORE_READ(skb, len);
	command.skb = address;
	command.queue_id = ovs_packet_id(BPF_CORE_READ(skb, data), length, length - BPF_CORE_READ(skb, data_len),
					 retis_arg(ovs, command_net), OVS_COMMAND_PLACE);
	if (!command.queue_id)
		return 0;
	if (ovs_take(&command.packet, command.queue_id, retis_timestamp(ctx)))
		retis_adopt(ctx, address, &command.packet);
	else
		command.packet.timestamp = 0;
	if (retis_const(ovs, track))
		bpf_map_update_elem(&ovs_commands, &key, &command, BPF_ANY);
	return 0;
}
