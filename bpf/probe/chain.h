/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * What every entry program does after it has captured its arguments: find the skb, filter, call the hooks of this probe,
 * which append their sections, and send the record.
 */
#ifndef RETIS_CHAIN_H
#define RETIS_CHAIN_H

#include "core.h"
#include "filter-input.h"
#include "sections.h"
#include "tracking.h"

/* include/linux/socket.h */
#define AF_UNIX 1
#define AF_NETLINK 16

/* Hook slots: weak and empty. A linked hook object defines the one whose number it was given. */
#define RETIS_SLOT(n)                                                                                                  \
	__weak __hidden                                                                                                \
		__attribute__((noinline)) int retis_hook_##n(struct retis_context *ctx, struct retis_event *event)     \
	{                                                                                                              \
		return ctx == NULL;                                                                                    \
	}
#define RETIS_CONTEXT_SLOT(n)                                                                                          \
	__weak __hidden                                                                                                \
		__attribute__((noinline)) int retis_ctxh_##n(struct retis_context *ctx, struct retis_event *event)     \
	{                                                                                                              \
		return ctx == NULL;                                                                                    \
	}

/* User space counts the slots in the BTF of the entry programs. */
/* clang-format off */
#define RETIS_EACH_SLOT(X)                                                                                             \
	X(00) X(01) X(02) X(03) X(04) X(05) X(06) X(07) X(08) X(09) X(10) X(11)                                        \
	X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
/* clang-format on */
#define RETIS_EACH_CONTEXT_SLOT(X) X(00) X(01) X(02) X(03)

RETIS_EACH_SLOT(RETIS_SLOT)
RETIS_EACH_CONTEXT_SLOT(RETIS_CONTEXT_SLOT)

/* 08 and 09 are not octal numbers. */
#define RETIS_NUMBER(n) (1##n - 100)

/*
 * An skb without any header yet. It is a packet unless it belongs to a netlink or unix socket, whose messages are skbs too,
 * or has neither socket nor device. The packet filter gets headers made from the socket.
 */
static __always_inline u32 retis_filter_without_headers(struct retis_context *ctx, struct retis_event *event,
							const struct sk_buff *skb)
{
	const struct sock *sk = retis_socket(ctx, event, skb);
	u16 family = sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : 0;
	bool packet = sk ? family != AF_NETLINK && family != AF_UNIX : skb->dev != NULL;

	retis_forget_links(event);
	if (retis_filter_set) {
		if (!packet || !sk || !retis_make_headers(&event->filter, skb, sk, family) ||
		    !retis_filter_l3(&event->filter))
			return packet ? 0 : RETIS_NO_PACKET;
	} else if (!packet && !retis_meta_set) {
		return RETIS_NO_PACKET;
	}
	return (packet ? 0 : RETIS_NO_PACKET) | RETIS_PACKET | (retis_filter_meta(ctx, event) ? RETIS_META : 0);
}

/* Which filters the skb of this hit passes; `skb` is the copy or the kernel's. */
static __always_inline u32 retis_filter(struct retis_context *ctx, struct retis_event *event, const struct sk_buff *skb)
{
	bool l2 = retis_mac_data(skb);

	if (!l2 && !retis_network_data(skb))
		return retis_filter_without_headers(ctx, event, skb);
	if (retis_filter_set) {
		retis_copy_headers(&event->filter, skb, l2);
		if (!(l2 ? retis_filter_l2(&event->filter) : retis_filter_l3(&event->filter)))
			return 0;
	}
	return RETIS_PACKET | (!retis_meta_set || retis_filter_meta(ctx, event) ? RETIS_META : 0);
}

/*
 * Wakes a reader that sleeps. Only after a record is in the ring is it certain whether the reader saw it before it went to
 * sleep, so the wake-up comes with another, empty one, which the kernel discards.
 */
static __always_inline void retis_wake_reader(void *ring)
{
	void *empty;

	if (!retis_reader_sleeps)
		return;
	retis_reader_sleeps = 0;
	empty = bpf_ringbuf_reserve(ring, sizeof(u64), 0);
	if (empty)
		bpf_ringbuf_discard(empty, BPF_RB_FORCE_WAKEUP);
}

/*
 * Whether the reader is to be woken for a record: a wake-up for each costs more than the record. What is pending is asked now
 * and then only, as it takes longer than adding up what this slot sent.
 */
static __always_inline bool retis_is_enough(struct retis_event *event, void *ring, u64 length)
{
	u64 *unasked = &((struct retis_scratch_slot *)event)->unasked;
	u64 sent = *unasked + length;
	bool ask = sent >= retis_wakeup_bytes / RETIS_WAKEUP_PARTS;

	*unasked = ask ? 0 : sent;
	return ask && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) >= retis_wakeup_bytes;
}

/* Sends the record. */
static __always_inline void retis_send(struct retis_context *ctx, struct retis_event *event)
{
	u64 length = event->length;
	void *ring = &retis_events;
	u64 flags;

	if (retis_many_rings) {
		u32 cpu = bpf_get_smp_processor_id();

		ring = bpf_map_lookup_elem(&retis_cpu_rings, &cpu);
		if (!ring) {
			retis_count_loss(ctx->probe_id, RETIS_LOSS_RING_FULL, 1);
			return;
		}
	}
	flags = retis_is_enough(event, ring, length) ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
	asm volatile("" : "+r"(length));
	if (length == 0 || length > RETIS_RECORD_MAX)
		return;
	if (bpf_ringbuf_output(ring, event->data, length, flags))
		retis_count_loss(ctx->probe_id, RETIS_LOSS_RING_FULL, 1);
	if (event->overflows)
		retis_count_loss(ctx->probe_id, RETIS_LOSS_SECTION, event->overflows);
	retis_wake_reader(ring);
}

/*
 * The verifier follows every combination of values that it knows through all hooks. Of what was read from memory it knows
 * nothing, so from here on there is one path. The filters no longer need their input.
 */
static __always_inline void retis_join_paths(struct retis_context *ctx, struct retis_event *event)
{
	volatile u64 *memory = (volatile u64 *)&event->filter;

	memory[0] = ctx->timestamp;
	memory[1] = ctx->skb;
	memory[2] = ctx->flags;
	ctx->timestamp = memory[0];
	ctx->skb = memory[1];
	ctx->flags = memory[2];
	/* Otherwise 0 on all paths. */
	if (!retis_tracking_set && !retis_context_hook_count)
		return;
	memory[3] = ctx->packet.timestamp;
	memory[4] = ctx->packet.head;
	memory[5] = ctx->packet.skb;
	ctx->packet.timestamp = memory[3];
	ctx->packet.head = memory[4];
	ctx->packet.skb = memory[5];
}

/*
 * The core sections come first in a record, but are written after the hooks, and only if these appended something: hits that a
 * filter rejects do not pay for them. Only a stack is taken before, as its length decides where the hooks' sections start.
 */
static __always_inline void retis_run_hooks(struct retis_context *ctx, struct retis_event *event)
{
	const volatile struct retis_probe *probe = ctx->probe;
	u32 hooks = probe->hooks;
	/* Read once: the verifier knows the constants, and removes the calls of all other slots. */
	const u32 count = retis_hook_count, load = retis_load_hooks;
	bool passed = ctx->flags & (RETIS_FILTERS | RETIS_STACK);
	bool bare = RETIS_MAY_BE_BARE && passed && (probe->flags & RETIS_PROBE_BARE);
	u32 core_length;

	if (!passed)
		hooks &= retis_raw_hooks;
	if (!hooks && !bare)
		return;
	retis_join_paths(ctx, event);
	if (!(probe->flags & RETIS_PROBE_STACK))
		event->length = RETIS_CORE_LENGTH;
	else if (!retis_core_sections(ctx, event, true))
		return;
	core_length = *(volatile u32 *)&event->length;
#define RETIS_CALL(n)                                                                                                  \
	if (RETIS_NUMBER(n) < count && (load & hooks & (1u << RETIS_NUMBER(n))) &&                                     \
	    retis_hook_##n(ctx, event) == RETIS_DISCARD)                                                               \
		return;
	RETIS_EACH_SLOT(RETIS_CALL)
#undef RETIS_CALL
	if (event->length <= core_length && !bare)
		return;
	if (!(probe->flags & RETIS_PROBE_STACK)) {
		u32 length = event->length;

		event->length = 0;
		if (!retis_core_sections(ctx, event, false))
			return;
		event->length = length;
	}
	retis_send(ctx, event);
}

/* Which filters this hit passes. A tracked packet has passed before and passes again, even if it has changed since. */
static __always_inline u32 retis_filter_and_track(struct retis_context *ctx, struct retis_event *event,
						  const struct sk_buff *skb)
{
	u32 flags;

	if (!retis_tracking_set)
		return retis_filter(ctx, event, skb);
	if (ctx->packet.timestamp) {
		/* A context hook knew. */
		ctx->packet.skb = ctx->skb;
		flags = RETIS_FILTERS;
	} else if (retis_track_lookup(ctx, skb)) {
		flags = RETIS_FILTERS;
	} else {
		flags = retis_filter(ctx, event, skb);
		if ((flags & RETIS_FILTERS) == RETIS_FILTERS)
			retis_start_tracking(ctx, skb);
	}
	retis_track_stack(ctx, event, (u64)skb->head);
	return flags;
}

/* Finds out what the skb passes. One that cannot be read makes this a hit without an skb. */
static __always_inline void retis_filter_skb(struct retis_context *ctx, struct retis_event *event)
{
	const struct sk_buff *skb = (const struct sk_buff *)event->skb;

	if (retis_copies_early()) {
		if (!retis_copy_skb(ctx, event))
			return;
	} else if (!retis_read_basics(ctx, event)) {
		ctx->skb = 0;
		return;
	}
	ctx->flags = retis_filter_and_track(ctx, event, skb);
	retis_forget_links(event);
}

/* A hit without an skb: without filters all pass, otherwise those on behalf of a packet that passed. */
static __always_inline u32 retis_filter_without_skb(struct retis_context *ctx, const struct retis_event *event)
{
	u32 flags = retis_track_lookup_stack(ctx, event) ? RETIS_STACK : 0;

	return retis_filter_set || retis_meta_set ? flags : flags | RETIS_FILTERS;
}

/* Finds the packet of this hit and what it passes. */
static __always_inline void retis_find_packet(struct retis_context *ctx, struct retis_event *event)
{
	const u32 count = retis_context_hook_count, load = retis_load_context_hooks;
	u32 context_hooks = ctx->probe->context_hooks;
	int position = retis_position(ctx, RETIS_SLOT_SKB);

	ctx->skb = retis_register(event, position);
#define RETIS_CALL(n)                                                                                                  \
	if (RETIS_NUMBER(n) < count && (load & context_hooks & (1u << RETIS_NUMBER(n))))                               \
		retis_ctxh_##n(ctx, event);
	RETIS_EACH_CONTEXT_SLOT(RETIS_CALL)
#undef RETIS_CALL
	if (ctx->skb) {
		retis_filter_skb(ctx, event);
	} else if (position < 0) {
		ctx->flags = retis_filter_without_skb(ctx, event);
	}
	/* Timestamp before the hooks run. */
	if (ctx->flags & (RETIS_FILTERS | RETIS_STACK))
		retis_timestamp(ctx);
	if (!retis_filter_set && !retis_meta_set)
		ctx->flags |= RETIS_NO_FILTER;
}

static __always_inline void retis_chain(struct retis_context *ctx, struct retis_event *event)
{
	bool light = ctx->probe->flags & RETIS_PROBE_LIGHT;

	if (!light)
		retis_find_packet(ctx, event);
	retis_run_hooks(ctx, event);
	/* A packet without identity is not in the tracking table; a light probe has not looked it up. */
	if (retis_tracking_set && (light || ctx->packet.timestamp))
		retis_track_lifetime(ctx, light ? event->args[0] : ctx->skb, event->args[1]);
}

#endif
