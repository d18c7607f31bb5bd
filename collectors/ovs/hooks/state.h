/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * What one probe leaves for a later one. The datapath works with bottom halves disabled: what happens between the entry of a
 * function and something it calls stays on one CPU and is not mixed with other packets there. So one value per CPU is
 * enough; the stack's key says whether it is that of this call or was left by one whose end was not seen.
 */
#ifndef OVS_STATE_H
#define OVS_STATE_H

#include <retis/hook.h>

/* The packet whose flow is being looked up. */
struct ovs_lookup {
	u64 stack;
	u64 skb;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ovs_lookup);
} ovs_lookups __weak SEC(".maps");

/* The packet that is being handed up to user space. */
struct ovs_upcall {
	/* 0: none. */
	u64 stack;
	struct retis_identity packet;
	u64 timestamp;
	u32 cpu;
	/* Id of what was copied for user space last; there are several for a packet that is segmented. */
	u32 queue_id;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ovs_upcall);
} ovs_upcalls __weak SEC(".maps");

/* Packets of the same id that may be on their way through user space at once: copies of one, or sent again. */
#define OVS_SAME_ID 4

struct ovs_queued_packet {
	struct retis_identity identity;
	u64 timestamp;
};

/* Packets that user space has, in the order in which it got them. */
struct ovs_queued {
	struct ovs_queued_packet packets[OVS_SAME_ID];
	/* Packets that were handed up and that came back, ever. */
	u32 put;
	u32 taken;
};

/* By queue id. An LRU, as many never come back: those for the controller only, or that are dropped. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, u32);
	__type(value, struct ovs_queued);
} ovs_queue __weak SEC(".maps");

/* A packet that user space gave back, by the stack that its actions are executed on. */
struct ovs_command {
	struct retis_identity packet;
	u32 queue_id;
	u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct ovs_command);
} ovs_commands __weak SEC(".maps");

/* --ovs-track */
RETIS_CONST(ovs, bool, track, false);

/* The upcall that the code on this stack works on; NULL when there is none, or it did not pass the filters. */
static __always_inline struct ovs_upcall *ovs_current_upcall(const struct retis_event *event)
{
	u32 zero = 0;
	struct ovs_upcall *upcall = bpf_map_lookup_elem(&ovs_upcalls, &zero);

	return upcall && upcall->stack && upcall->stack == retis_stack_key(event) ? upcall : NULL;
}

#endif
