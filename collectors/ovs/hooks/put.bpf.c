// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* A handler thread installs a flow (dpif_netlink_operate__:op_flow_put: dpif, put, flow, request). */
#include "batch.h"

/* The beginning of struct dpif_flow_put, lib/dpif.h; so from 2.17 to 4.0 at least. */
struct ovs_flow_put {
	u32 flags;
	u64 key;
	u64 key_length;
};

RETIS_HOOK(ovs_put_flow, RETIS_RAW)
{
	struct ovs_batch *batch = ovs_current_batch();
	struct ovs_flow_put put;
	u32 id;

	if (!batch)
		return 0;
	batch->operating = true;
	if (!batch->tracked || retis_read_user(&put, sizeof(put), retis_user_arg(ctx, event, 1)))
		return 0;
	id = ovs_key_id(put.key, put.key_length);
	if (!id)
		return 0;
	/* Of several packets of one flow it is the first. */
	for (u32 at = 0; at < OVS_BATCH_MAX && at < batch->tracked; at++) {
		struct ovs_received *packet = &batch->packets[at];

		if (packet->key_id != id || packet->put)
			continue;
		packet->put = true;
		ovs_append_operation(event, batch, packet, OVS_OPERATION_PUT);
		return 0;
	}
	return 0;
}
