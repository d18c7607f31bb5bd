/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Packet tracking. A packet is known by the address of its data area (skb->head), which clones share and which does not
 * change when headers are rewritten, pushed or pulled. Its identity is that address and the time when it was first seen.
 * Further probes are where the kernel frees or replaces data areas (core/probe/skb-lifetime.ts).
 *
 * A data area may be freed where we have no probe. So an entry without a hit for a while no longer counts, and when the
 * table is full the entry that was not seen for the longest time is evicted (LRU).
 */
#ifndef RETIS_TRACKING_H
#define RETIS_TRACKING_H

#include "core.h"

/* After so long without a hit, nanoseconds, the entry of an address no longer counts. */
#define RETIS_TRACKING_IDLE 60000000000ll

struct retis_tracked {
	/* Identity. */
	u64 timestamp;
	u64 head;
	u64 last_seen;
	/* Of an entry under the skb's address: the data area that is being replaced. */
	u64 replaced;
};

/* By data area; by the address of the skb while its data area is being replaced. Both are addresses of live objects. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* --tracking-size, when packets are tracked */
	__type(key, u64);
	__type(value, struct retis_tracked);
} retis_tracking SEC(".maps");

struct retis_tracking_counts {
	u64 done[RETIS_TRACKING_COUNTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct retis_tracking_counts);
} retis_tracking_counts SEC(".maps");

/* Number of entries under an skb's address. While there are none, there is nothing to look up. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, s64);
} retis_replacing SEC(".maps");

/* What the code on a stack last worked on. */
struct retis_stack_work {
	struct retis_identity packet;
	/* Data area of the packet at that time. */
	u64 head;
	u64 seen;
};

/* By the stack's base; for probes without an skb. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* set when some probe needs it */
	__type(key, u64);
	__type(value, struct retis_stack_work);
} retis_stacks SEC(".maps");

/* After so long without a hit, nanoseconds, the code on a stack is assumed to work on something else. */
#define RETIS_STACK_IDLE 1000000000ll

/* Whether packets are tracked in this run. */
const volatile bool retis_tracking_set = false;
/* Bytes of a kernel stack when the packet of each stack is kept, otherwise 0. */
const volatile u64 retis_stack_size = 0;

static __always_inline void retis_count_tracking(u32 what)
{
	u32 zero = 0;
	struct retis_tracking_counts *counts = bpf_map_lookup_elem(&retis_tracking_counts, &zero);

	if (counts && what < RETIS_TRACKING_COUNTS)
		counts->done[what]++;
}

static __always_inline bool retis_track_insert(u64 key, const struct retis_tracked *tracked)
{
	if (bpf_map_update_elem(&retis_tracking, &key, tracked, BPF_NOEXIST))
		return false;
	retis_count_tracking(RETIS_TRACKED);
	return true;
}

static __always_inline bool retis_track_delete(u64 key)
{
	if (bpf_map_delete_elem(&retis_tracking, &key))
		return false;
	retis_count_tracking(RETIS_UNTRACKED);
	return true;
}

static __always_inline s64 *retis_replacements(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&retis_replacing, &zero);
}

static __always_inline void retis_track_delete_replacement(u64 skb)
{
	s64 *replacements = retis_replacements();

	if (replacements && retis_track_delete(skb))
		__sync_fetch_and_add(replacements, -1);
}

/* The skb has its new data area: its entry moves there from the address of the skb. */
static __always_inline struct retis_tracked *retis_track_lookup_replaced(u64 skb, u64 head)
{
	s64 *replacements = retis_replacements();
	struct retis_tracked *waiting, moved;

	if (!replacements || *(volatile s64 *)replacements <= 0)
		return NULL;
	waiting = bpf_map_lookup_elem(&retis_tracking, &skb);
	if (!waiting)
		return NULL;
	moved = *waiting;
	moved.replaced = 0;
	retis_track_delete_replacement(skb);
	retis_track_insert(head, &moved);
	return bpf_map_lookup_elem(&retis_tracking, &head);
}

/* Whether this packet is tracked; if so, its identity is in the context. */
static __always_inline bool retis_track_lookup(struct retis_context *ctx, const struct sk_buff *skb)
{
	u64 head = (u64)skb->head;
	struct retis_tracked *tracked = bpf_map_lookup_elem(&retis_tracking, &head);
	u64 now;

	if (!tracked)
		tracked = retis_track_lookup_replaced(ctx->skb, head);
	if (!tracked)
		return false;
	now = retis_timestamp(ctx);
	if ((s64)(now - tracked->last_seen) > RETIS_TRACKING_IDLE) {
		retis_track_delete(head);
		return false;
	}
	tracked->last_seen = now;
	ctx->packet.timestamp = tracked->timestamp;
	ctx->packet.head = tracked->head;
	ctx->packet.skb = ctx->skb;
	return true;
}

/* First hit of a packet that passed the filters. */
static __always_inline void retis_start_tracking(struct retis_context *ctx, const struct sk_buff *skb)
{
	u64 head = (u64)skb->head;
	struct retis_tracked *other, tracked = {};

	/*
	 * If the data may have been freed, its memory may belong to another packet by now. A function may have freed what
	 * it was given, but an skb that a context hook found elsewhere is one that the hook knows to be there.
	 */
	if (!head || (ctx->probe->flags & RETIS_PROBE_SKB_FREED) ||
	    (ctx->type == RETIS_KRETPROBE && retis_position(ctx, RETIS_SLOT_SKB) >= 0))
		return;
	tracked.timestamp = tracked.last_seen = retis_timestamp(ctx);
	tracked.head = head;
	ctx->packet.timestamp = tracked.timestamp;
	ctx->packet.head = head;
	ctx->packet.skb = ctx->skb;
	/* Other clones may outlive this one: then an entry is needed. */
	if ((ctx->probe->flags & RETIS_PROBE_LAST) &&
	    !BPF_CORE_READ_BITFIELD_PROBED((struct sk_buff *)ctx->skb, cloned))
		return;
	if (retis_track_insert(head, &tracked))
		return;
	/* A clone was first, on another CPU. */
	other = bpf_map_lookup_elem(&retis_tracking, &head);
	if (!other) {
		retis_count_loss(ctx->probe_id, RETIS_LOSS_TRACKING, 1);
		return;
	}
	ctx->packet.timestamp = other->timestamp;
	ctx->packet.head = other->head;
}

/* For hooks, see hook.h. An earlier entry of that address is of a data area that was freed where we have no probe. */
__hidden __attribute__((noinline)) int retis_adopt(struct retis_context *ctx, u64 skb,
						   const struct retis_identity *packet)
{
	struct retis_tracked tracked = {};
	u64 head;

	if (!retis_tracking_set || !packet || !ctx || !packet->timestamp)
		return 0;
	head = (u64)BPF_CORE_READ((struct sk_buff *)skb, head);
	if (!head)
		return 0;
	tracked.timestamp = packet->timestamp;
	tracked.head = packet->head;
	tracked.last_seen = retis_timestamp(ctx);
	if (retis_track_insert(head, &tracked))
		return 1;
	return bpf_map_update_elem(&retis_tracking, &head, &tracked, BPF_EXIST) == 0;
}

/* The data area is about to be replaced: until the new one is seen, the packet is known by the address of the skb. */
static __always_inline void retis_track_replacement(u64 skb, u64 head)
{
	struct retis_tracked *tracked = bpf_map_lookup_elem(&retis_tracking, &head);
	s64 *replacements = retis_replacements();
	struct retis_tracked waiting;

	if (!tracked || !replacements)
		return;
	waiting = *tracked;
	waiting.replaced = head;
	if (bpf_map_update_elem(&retis_tracking, &skb, &waiting, BPF_NOEXIST) == 0) {
		retis_count_tracking(RETIS_TRACKED);
		__sync_fetch_and_add(replacements, 1);
	}
}

/*
 * Whether freeing this skb frees its data area: not if clones refer to it (net/core/skbuff.c: skb_release_data). The upper
 * half of the counter has the references to the payload only.
 */
static __always_inline bool retis_is_last_reference(struct sk_buff *skb, u64 head)
{
	struct skb_shared_info *shared;

	if (!BPF_CORE_READ_BITFIELD_PROBED(skb, cloned))
		return true;
	shared = (void *)(head + BPF_CORE_READ(skb, end));
	return BPF_CORE_READ(shared, dataref.counter) ==
	       (BPF_CORE_READ_BITFIELD_PROBED(skb, nohdr) ? (1 << 16) + 1 : 1);
}

/* The data area is freed. */
static __always_inline void retis_stop_tracking(u64 skb, u64 head)
{
	s64 *replacements = retis_replacements();
	struct retis_tracked *waiting;

	/* A lookup takes no lock, a delete does even if there is no entry. */
	if (bpf_map_lookup_elem(&retis_tracking, &head))
		retis_track_delete(head);
	if (!replacements || *(volatile s64 *)replacements <= 0)
		return;
	/* If the old data area is freed here, the skb continues with the new one. */
	waiting = bpf_map_lookup_elem(&retis_tracking, &skb);
	if (waiting && waiting->replaced != head)
		retis_track_delete_replacement(skb);
}

/* Base of the stack that the probe was hit on: the context of the program is on it. */
static __always_inline u64 retis_stack_base(const struct retis_event *event)
{
	return event->args[RETIS_ARG_STACK] & ~(retis_stack_size - 1);
}

/* Records which packet, in the data area `head`, the code on this stack works on; none if the packet is not tracked. */
static __always_inline void retis_track_stack(struct retis_context *ctx, const struct retis_event *event, u64 head)
{
	struct retis_stack_work work = {};
	u64 base;

	if (!retis_stack_size)
		return;
	base = retis_stack_base(event);
	if (!ctx->packet.timestamp) {
		bpf_map_delete_elem(&retis_stacks, &base);
		return;
	}
	work.packet = ctx->packet;
	work.head = head;
	work.seen = retis_timestamp(ctx);
	bpf_map_update_elem(&retis_stacks, &base, &work, BPF_ANY);
}

/* At a probe without an skb: whether the code on this stack works on a tracked packet that still exists. */
static __always_inline bool retis_track_lookup_stack(struct retis_context *ctx, const struct retis_event *event)
{
	const struct retis_stack_work *work;
	u64 base, head;

	if (!retis_stack_size)
		return false;
	base = retis_stack_base(event);
	work = bpf_map_lookup_elem(&retis_stacks, &base);
	if (!work || (s64)(retis_timestamp(ctx) - work->seen) > RETIS_STACK_IDLE)
		return false;
	head = work->head;
	ctx->packet = work->packet;
	if (bpf_map_lookup_elem(&retis_tracking, &head))
		return true;
	ctx->packet.timestamp = 0;
	return false;
}

/*
 * What the function or tracepoint of this probe does to the data area of the packet. Probes that only track packets do
 * nothing else. They are hit for every packet of the host, most of which are not tracked, so this must be cheap.
 * `skb` and `second` are the first two arguments.
 */
static __always_inline void retis_track_lifetime(const struct retis_context *ctx, u64 skb, u64 second)
{
	u32 flags = ctx->probe->flags;
	u64 head;

	if (flags & RETIS_PROBE_FREES_MEMORY) {
		if (bpf_map_lookup_elem(&retis_tracking, &second))
			retis_track_delete(second);
		return;
	}
	if (!skb || (flags & RETIS_PROBE_LIFETIME) == 0)
		return;
	head = (u64)BPF_CORE_READ((struct sk_buff *)skb, head);
	if (!head)
		return;
	if (flags & RETIS_PROBE_REPLACES) {
		retis_track_replacement(skb, head);
		return;
	}
	if ((flags & RETIS_PROBE_FREES_IF) && !(second & 0xff))
		return;
	if (flags & RETIS_PROBE_FREES_LAST) {
		/* Cheaper than checking for the last reference first. */
		if (!bpf_map_lookup_elem(&retis_tracking, &head) ||
		    !retis_is_last_reference((struct sk_buff *)skb, head))
			return;
	}
	retis_stop_tracking(skb, head);
}

#endif
