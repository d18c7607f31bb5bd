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
	/* Network namespace of the datapath. */
	u64 net;
	u32 cpu;
	/* Place in its row of what was remembered last. */
	u32 place;
	/* Id of what was copied for user space last; there are several for a packet that is segmented. */
	u32 queue_id;
	u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ovs_upcall);
} ovs_upcalls __weak SEC(".maps");

/* After so long, nanoseconds, a packet with the same id is another one. */
#define OVS_FORGOTTEN 10000000000ll

/* Set in the timestamp by the CPU that took a place, until it has written all of it. */
#define OVS_WRITING (1ull << 63)

/* A packet that user space has. */
struct ovs_queued {
	/* When it was handed up, with OVS_WRITING while the rest is not that packet's yet; 0: free. */
	u64 timestamp;
	struct retis_identity packet;
	u32 id;
	/* It came back. It may do so once more, when its actions had an error. */
	u32 taken;
};

/* How often a place in a row is chosen when other CPUs take those chosen before at the same moment. */
#define OVS_TRIES 4

/* Packets in one row: with the same last bits of their ids, or the same id: copies of one, or sent again. */
#define OVS_ROW 8

struct ovs_row {
	struct ovs_queued packets[OVS_ROW];
};

/*
 * Packets that user space has. Not a hash: many never come back, those for the controller only or that are dropped, so the
 * oldest must make room, and it must be known when that was one that could still come back.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ovs_row);
} ovs_queue __weak SEC(".maps");

/* Rows, a power of two, less one. */
RETIS_CONST(ovs, u32, row_mask, 0);

/*
 * The place in a row that is chosen, in memory: the verifier would follow each value of a register through the rest of the
 * program. Programs on functions do not interrupt each other on a CPU.
 */
struct ovs_choice {
	u64 rank;
	u32 place;
	u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ovs_choice);
} ovs_choices __weak SEC(".maps");

#define OVS_NO_PLACE (~0ull)

/* Begins a choice; NULL never, but the verifier does not know that. */
static __always_inline volatile struct ovs_choice *ovs_new_choice(void)
{
	u32 zero = 0;
	volatile struct ovs_choice *choice = bpf_map_lookup_elem(&ovs_choices, &zero);

	if (choice)
		choice->rank = OVS_NO_PLACE;
	return choice;
}

/* Chooses a place, unless one of lower rank is chosen already. */
static __always_inline void ovs_offer(volatile struct ovs_choice *choice, u32 place, u64 rank)
{
	if (rank >= choice->rank)
		return;
	choice->rank = rank;
	choice->place = place;
}

/* A packet that user space gave back, by the stack that its actions are executed on. */
struct ovs_command {
	/* Its timestamp is 0 when the table of packets in user space does not have it (any more). */
	struct retis_identity packet;
	u64 skb;
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

/* The row of packets with this id; never NULL, but the verifier does not know that. */
static __always_inline struct ovs_row *ovs_row_of(u32 id)
{
	u32 row = id & retis_const(ovs, row_mask);

	return bpf_map_lookup_elem(&ovs_queue, &row);
}

/* When the packet of a place was handed up; other CPUs may change it meanwhile. */
static __always_inline u64 ovs_queued_at(const struct ovs_queued *queued)
{
	return *(const volatile u64 *)&queued->timestamp;
}

/* Whether a packet was handed up so recently that it may come back; no place that is free or being written has one. */
static __always_inline bool ovs_is_recent(u64 timestamp, u64 now)
{
	return (s64)timestamp > 0 && (s64)(now - timestamp) <= OVS_FORGOTTEN;
}

#endif
