/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * What a handler thread of ovs-vswitchd works on. It receives up to 64 packets, then installs flows (put) and gives packets
 * back (execute) for them. Both name what they are about: an execute has the packet, and a put has the flow key with which the
 * packet was received. So it does not matter that some packets lead to no operation, or several to one, or to more than one.
 */
#ifndef OVS_BATCH_H
#define OVS_BATCH_H

#include <retis/hook.h>
#include <retis/user.h>
#include "packet-id.h"
#include "section.h"
#include "state.h"

/* UPCALL_MAX_BATCH of ofproto/ofproto-dpif-upcall.c. */
#define OVS_BATCH_MAX 64
/* Packets that lead to no operation, sent to a controller for instance, end no batch; time does. Nanoseconds. */
#define OVS_BATCH_AGE 100000000ll
/* Bytes of a flow key that are looked at; without a tunnel's options it is shorter. */
#define OVS_KEY_BYTES 192

struct ovs_received {
	u32 queue_id;
	/* Hash of the flow key; 0: not readable. */
	u32 key_id;
	u8 index;
	bool put;
	bool executed;
	u8 reserved;
};

struct ovs_batch {
	u64 started;
	u64 received;
	/* Packets that were received, and those among them that passed the filters. */
	u32 total;
	u32 tracked;
	/* An operation was seen: what is received next belongs to another batch. */
	bool operating;
	u8 reserved[3];
	/* Only while a packet is searched for. */
	u32 found;
	struct ovs_received packets[OVS_BATCH_MAX];
};

/* By thread. An LRU, as threads end. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, u64);
	__type(value, struct ovs_batch);
} ovs_batches __weak SEC(".maps");

/* What new batches are made of, as they are too large for the stack. Stays zero. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ovs_batch);
} ovs_no_batch __weak SEC(".maps");

struct ovs_key_scratch {
	u32 words[OVS_KEY_BYTES / sizeof(u32)];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ovs_key_scratch);
} ovs_key_scratches __weak SEC(".maps");

struct nsproxy {
	struct net *net_ns;
} __attribute__((preserve_access_index));

struct task_struct {
	struct nsproxy *nsproxy;
} __attribute__((preserve_access_index));

/* Id of a packet of `size` bytes that this process has; its datapath is in its network namespace. */
static __always_inline u32 ovs_user_packet_id(u64 packet, u32 size)
{
	const struct task_struct *task = (void *)bpf_get_current_task();
	u64 net = (u64)BPF_CORE_READ(task, nsproxy, net_ns);

	return ovs_packet_id((const void *)packet, size, size, net, OVS_DAEMON_PLACE);
}

/* The batch of this thread; NULL for a thread that received nothing, a revalidator for instance. */
static __always_inline struct ovs_batch *ovs_current_batch(void)
{
	u64 thread = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&ovs_batches, &thread);
}

/* Id of a flow key in user space; 0 when it cannot be read. */
static __always_inline u32 ovs_key_id(u64 address, u64 length)
{
	u32 zero = 0;
	struct ovs_key_scratch *scratch = bpf_map_lookup_elem(&ovs_key_scratches, &zero);
	u32 a, b, c;
	u64 size = length;

	if (!scratch || !length)
		return 0;
	__builtin_memset(scratch, 0, sizeof(*scratch));
	if (size > OVS_KEY_BYTES)
		size = OVS_KEY_BYTES;
	asm volatile("" : "+r"(size));
	if (size > OVS_KEY_BYTES || retis_read_user(scratch, size, address))
		return 0;
	a = b = c = 0xdeadbeef + length;
#pragma unroll
	for (int i = 0; i < OVS_KEY_BYTES / 12; i++) {
		a += scratch->words[3 * i];
		b += scratch->words[3 * i + 1];
		c += scratch->words[3 * i + 2];
		ovs_mix(&a, &b, &c);
	}
	return c ? c : 1;
}

/* Reports an operation. */
static __always_inline void ovs_append_operation(struct retis_event *event, const struct ovs_batch *batch,
						 const struct ovs_received *packet, u8 type)
{
	struct ovs_section *section =
		ovs_append(event, OVS_FLOW_OPERATION, PRESENT_OPERATION | PRESENT_BATCH | PRESENT_QUEUE_ID);

	if (!section)
		return;
	section->op_type = type;
	section->queue_id = packet->queue_id;
	section->upcall_ts = batch->started;
	section->batch_idx = packet->index;
}

/* `op_type`, as in names.ts. */
enum ovs_operation {
	OVS_OPERATION_EXECUTE,
	OVS_OPERATION_PUT,
};

#endif
