// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* A handler thread received a packet (dpif_recv:recv_upcall: datapath, type, packet, its size, flow key, its size). */
#include "batch.h"

RETIS_LOSS(ovs, unreadable);

/* The batch that a packet is received into. */
static __always_inline struct ovs_batch *ovs_receiving_batch(u64 now)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct ovs_batch *batch = bpf_map_lookup_elem(&ovs_batches, &thread);
	u32 zero = 0;

	if (!batch) {
		const struct ovs_batch *none = bpf_map_lookup_elem(&ovs_no_batch, &zero);

		if (!none)
			return NULL;
		bpf_map_update_elem(&ovs_batches, &thread, none, BPF_NOEXIST);
		batch = bpf_map_lookup_elem(&ovs_batches, &thread);
		if (!batch)
			return NULL;
	}
	if (batch->operating || batch->total == 0 || batch->total >= OVS_BATCH_MAX ||
	    (s64)(now - batch->received) > OVS_BATCH_AGE) {
		batch->started = now;
		batch->total = 0;
		batch->tracked = 0;
		batch->operating = false;
	}
	batch->received = now;
	return batch;
}

/* Whether a packet of this id is still to come back. */
static __always_inline bool ovs_is_queued(u32 id, u64 now)
{
	const struct ovs_row *row = ovs_row_of(id);

	if (!row)
		return false;
#pragma unroll
	for (int i = 0; i < OVS_ROW; i++) {
		const struct ovs_queued *queued = &row->packets[i];

		if (queued->id == id && !queued->taken && ovs_is_recent(ovs_queued_at(queued), now))
			return true;
	}
	return false;
}

RETIS_HOOK(ovs_receive, RETIS_RAW)
{
	u32 size = retis_user_arg(ctx, event, 3), id, at;
	u64 key = retis_user_arg(ctx, event, 4), key_size = retis_user_arg(ctx, event, 5), now = retis_timestamp(ctx);
	struct ovs_batch *batch = ovs_receiving_batch(now);
	struct ovs_section *section;
	struct ovs_received *packet;
	u8 index;

	if (!batch)
		return 0;
	index = batch->total++;
	id = ovs_user_packet_id(retis_user_arg(ctx, event, 2), size);
	if (!id) {
		retis_lost(ovs, unreadable);
		return 0;
	}
	/* Of a packet that did not pass the filters nothing is known. */
	if (!ovs_is_queued(id, now))
		return 0;
	at = batch->tracked++;
	if (at >= OVS_BATCH_MAX)
		return 0;
	packet = &batch->packets[at];
	packet->queue_id = id;
	packet->key_id = ovs_key_id(key, key_size);
	packet->index = index;
	packet->put = false;
	packet->executed = false;
	section = ovs_append(event, OVS_RECV_UPCALL, PRESENT_RECEIVED | PRESENT_BATCH | PRESENT_QUEUE_ID);
	if (!section)
		return 0;
	section->queue_id = id;
	section->recv_type = retis_user_arg(ctx, event, 1);
	section->pkt_size = size;
	section->sf_acts = key_size;
	section->upcall_ts = batch->started;
	section->batch_idx = index;
	return 0;
}
