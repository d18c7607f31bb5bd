// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * A handler thread gives a packet back to the kernel (dpif_netlink_operate__:op_flow_execute: dpif, execute, packet, its size,
 * request). The kernel has not seen it yet: all operations of a batch are sent together.
 */
#include "batch.h"

/*
 * The packet of an id that was not executed yet, or else the last one: after an error its actions are executed again. What was
 * found is kept in the map: the verifier would follow each value of a register through the rest of the loop.
 */
static __always_inline struct ovs_received *ovs_find(struct ovs_batch *batch, u32 id)
{
	u32 found;

	batch->found = OVS_BATCH_MAX;
	for (u32 at = 0; at < OVS_BATCH_MAX && at < batch->tracked; at++) {
		struct ovs_received *packet = &batch->packets[at];

		if (packet->queue_id != id)
			continue;
		batch->found = at;
		if (!packet->executed)
			break;
	}
	found = *(volatile u32 *)&batch->found;
	return found < OVS_BATCH_MAX ? &batch->packets[found] : NULL;
}

RETIS_HOOK(ovs_execute, RETIS_RAW)
{
	struct ovs_batch *batch = ovs_current_batch();
	u32 size = retis_user_arg(ctx, event, 3), id;
	struct ovs_received *packet;

	if (!batch)
		return 0;
	batch->operating = true;
	if (!batch->tracked)
		return 0;
	id = ovs_user_packet_id(retis_user_arg(ctx, event, 2), size);
	packet = id ? ovs_find(batch, id) : NULL;
	if (!packet)
		return 0;
	packet->executed = true;
	ovs_append_operation(event, batch, packet, OVS_OPERATION_EXECUTE);
	return 0;
}
