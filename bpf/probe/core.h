/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Maps, constants and counters shared by the entry programs. */
#ifndef RETIS_CORE_H
#define RETIS_CORE_H

#define RETIS_DIRECT_READS retis_direct_reads
#include <retis/hook.h>
#include <retis/skb.h>

/* Why an event or a part of it was lost; core/run/loss.ts has a text for each. */
enum retis_loss {
	RETIS_LOSS_RING_FULL,
	RETIS_LOSS_NESTED,
	RETIS_LOSS_SECTION,
	RETIS_LOSS_RETURN,
	RETIS_LOSS_STACK,
	RETIS_LOSS_TRACKING,
	RETIS_LOSS_REASONS
};

struct retis_counters {
	u64 lost[RETIS_LOSS_REASONS];
};

/* Changes of the tracking table, counted per CPU; read by core/run/tracking-table.ts. */
enum retis_tracking_count { RETIS_TRACKED, RETIS_UNTRACKED, RETIS_TRACKING_COUNTS };

/*
 * Types that user space reads from BTF although no other variable or map has them: clang describes only types in use. The
 * arrays take no space; `unused` gives the variable the size that it needs to be in a section.
 */
const volatile struct retis_shared_types {
	u8 unused;
	struct retis_abi_types abi[0];
	enum retis_arg_position arg_position[0];
	enum retis_loss loss[0];
	enum retis_tracking_count tracking_count[0];
	struct retis_section_header section_header[0];
} retis_shared_types SEC(".rodata") = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20); /* --ring-size */
} retis_events SEC(".maps");

/* The ring of each CPU, where there are several: retis_events is the first of them. User space decides which CPUs share one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1); /* set to the number of possible CPUs */
	__type(key, u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_RINGBUF);
			__uint(max_entries, 64 << 10); /* only a pattern: a page of every kernel */
		});
} retis_cpu_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set to the number of probes */
	__type(key, u32);
	__type(value, struct retis_probe);
} retis_probes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1); /* set to the number of probes */
	__type(key, u32);
	__type(value, struct retis_counters);
} retis_counters SEC(".maps");

/* Losses that hooks count, over all collectors; the causes are numbered by core/run/section-ids.ts. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1); /* set to the number of causes */
	__type(key, u32);
	__type(value, u64);
} retis_hook_losses SEC(".maps");

struct retis_scratch_slot {
	struct retis_event event;
	/* Bytes sent from here since the ring was last asked how much is pending. */
	u64 unasked;
};

/* One slot per nesting level: task, softirq, hardirq, NMI. */
#define RETIS_NESTING 4
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RETIS_NESTING);
	__type(key, u32);
	__type(value, struct retis_scratch_slot);
} retis_scratch SEC(".maps");

/* Set by user space once all probes are attached, cleared before they are detached. */
volatile u32 retis_enabled = 0;
/* Set with the first loss: until then user space does not have to read the counters. */
volatile u32 retis_losses = 0;

/* Set by user space when nothing happens and it waits without limit: whoever finds it set wakes it, see retis_wake_reader(). */
volatile u32 retis_reader_sleeps = 0;

/* Load-time constants. */
/* Set where direct-reads.bpf.c is linked. */
const volatile bool retis_direct_reads = false;
const volatile u32 retis_hook_count = 0;
const volatile u32 retis_context_hook_count = 0;
/* No probe of this load has hooks: the verifier then skips everything but tracking. */
const volatile bool retis_lifetime_only = false;
/* Hooks that run even if the packet did not pass the filters. */
const volatile u32 retis_raw_hooks = ~0u;
/* Bytes of a kernel stack, set if a hook uses retis_stack_key(). */
const volatile u64 retis_stack_bytes = 0;
/* Hooks that run at some probe of this load: the verifier need not look at the others. */
const volatile u32 retis_load_hooks = ~0u;
const volatile u32 retis_load_context_hooks = ~0u;
/* Pending bytes at which the reader is woken; with fewer it polls at a short interval. */
const volatile u64 retis_wakeup_bytes = 1 << 20;
/* Whether as many are pending is asked each time that a slot has sent this part of them. */
#define RETIS_WAKEUP_PARTS 32
/* Whether there are several rings; with one, the verifier removes the choice. */
const volatile bool retis_many_rings = false;

/* Whether a packet filter is linked, and whether its expression is about VLAN tags, which are inserted for it then. */
const volatile bool retis_filter_set = false;
const volatile bool retis_filter_vlan = false;
/* Whether its expression has `inbound` or `outbound`. */
const volatile bool retis_filter_direction = false;
/* Whether a meta filter is linked; it is evaluated for skbs without any header too. */
const volatile bool retis_meta_set = false;

/*
 * Filter slots; a linked filter object replaces them. Non-zero: the packet passes. The packet filters get the same kind of
 * input, starting at the link-layer header (l2) or at the network header (l3).
 */
__weak __hidden __attribute__((noinline)) int retis_filter_l2(struct retis_filter_input *input)
{
	return input != NULL;
}

__weak __hidden __attribute__((noinline)) int retis_filter_l3(struct retis_filter_input *input)
{
	return input != NULL;
}

__weak __hidden __attribute__((noinline)) int retis_filter_meta(struct retis_context *ctx, struct retis_event *event)
{
	return ctx != NULL && event != NULL;
}

/* See read.h; direct-reads.bpf.c replaces it. */
__weak __hidden __attribute__((noinline)) void *retis_pointer(const void *object, u32 type)
{
	return (void *)object;
}

static __always_inline void retis_count_loss(u32 probe, u32 reason, u64 n)
{
	struct retis_counters *counters = bpf_map_lookup_elem(&retis_counters, &probe);

	retis_losses = 1;
	if (counters && reason < RETIS_LOSS_REASONS)
		__sync_fetch_and_add(&counters->lost[reason], n);
}

/* For hooks; see retis_lost(). */
__hidden __attribute__((noinline)) int retis_count_hook_loss(u32 cause)
{
	u64 *count = bpf_map_lookup_elem(&retis_hook_losses, &cause);

	retis_losses = 1;
	if (!count)
		return 0;
	*count += 1;
	return 1;
}

/* In TCP's queues the device shares its place with the links of a tree, so of an skb without headers it says nothing. */
static __always_inline void retis_forget_links(struct retis_event *event)
{
	struct sk_buff *skb = (struct sk_buff *)event->skb;

	if (!retis_skb_device(skb))
		skb->dev = NULL;
}

/*
 * Whether the skb is copied before the filters: where it cannot be read directly, and for filters that read more of it than
 * retis_read_basics() does.
 */
static __always_inline bool retis_copies_early(void)
{
	return !retis_direct_reads || retis_meta_set || retis_filter_direction ||
	       !bpf_core_field_exists(struct sk_buff___vlan_all, vlan_all);
}

/* Fills in what retis_skb_basics() promises. Returns whether there is an skb. */
static __always_inline bool retis_read_basics(struct retis_context *ctx, struct retis_event *event)
{
	const struct sk_buff *from = RETIS_POINTER(const struct sk_buff, ctx->skb);
	struct sk_buff *to = (struct sk_buff *)event->skb;

	to->head = from->head;
	to->data = from->data;
	to->dev = from->dev;
	to->sk = from->sk;
	if (bpf_core_field_exists(from->_nfct))
		to->_nfct = from->_nfct;
	to->len = from->len;
	to->data_len = from->data_len;
	to->mac_len = from->mac_len;
	to->skb_iif = from->skb_iif;
	to->protocol = from->protocol;
	to->transport_header = from->transport_header;
	to->network_header = from->network_header;
	to->mac_header = from->mac_header;
	/* vlan_proto and vlan_tci. */
	((struct sk_buff___vlan_all *)to)->vlan_all = ((const struct sk_buff___vlan_all *)from)->vlan_all;
	/* What cannot be read is 0. */
	return to->head != NULL;
}

/* See hook.h. Filters that read the copy have to know whether an skb without headers has a device. */
__hidden __attribute__((noinline)) int retis_copy_skb(struct retis_context *ctx, struct retis_event *event)
{
	u32 size = bpf_core_type_size(struct sk_buff);

	if (!ctx || !event)
		return 0;
	if (size > sizeof(event->skb))
		size = sizeof(event->skb);
	if (bpf_probe_read_kernel(event->skb, size, (void *)ctx->skb)) {
		ctx->skb = 0;
		return 0;
	}
	if (!retis_copies_early())
		retis_forget_links(event);
	event->skb_copied = 1;
	return 1;
}

/* A free scratch slot of this CPU, marked busy. A hit that interrupts us between test and mark ends before we continue. */
static __always_inline struct retis_event *retis_take_scratch(void)
{
	struct retis_event *event;
	u32 i;

#pragma unroll
	for (i = 0; i < RETIS_NESTING; i++) {
		u32 key = i;

		event = bpf_map_lookup_elem(&retis_scratch, &key);
		if (event && !event->busy) {
			event->busy = 1;
			event->length = 0;
			event->overflows = 0;
			event->skb_copied = 0;
			return event;
		}
	}
	return NULL;
}

#endif
