/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What a hook knows about the probe hit it runs in. */
#ifndef RETIS_CONTEXT_H
#define RETIS_CONTEXT_H

#include <retis/kernel.h>
#include <retis/record.h>

/* Argument types that one run can tell apart, over all collectors. */
#define RETIS_ARG_SLOTS 32
/* Slot of `struct sk_buff *`, which core resolves for every probe. */
#define RETIS_SLOT_SKB 0
/* Argument register that a context hook may fill with an skb that is no direct argument. */
#define RETIS_ARG_EXTENSION 12
/* Register that holds the return value at a return probe. */
#define RETIS_ARG_RETURN 13

enum retis_probe_type { RETIS_KPROBE = 0, RETIS_KRETPROBE = 1, RETIS_RAW_TRACEPOINT = 2, RETIS_USDT = 3 };

/* Filter results (flags of the context). */
#define RETIS_PACKET 1u /* packet filter passed */
#define RETIS_META 2u   /* meta filter passed */
#define RETIS_STACK 4u  /* no skb here, but the current stack works on a tracked one */
#define RETIS_FILTERS (RETIS_PACKET | RETIS_META)

/* Flag of a probe: report a stack trace with each event. */
#define RETIS_PROBE_STACK 1u

/* Configuration of one probe, written by user space before anything is attached. */
struct retis_probe {
	/* Position of the first argument of each type slot, or -1. */
	s8 arg[RETIS_ARG_SLOTS];
	/* Bit n: hook n runs here. */
	u32 hooks;
	/* Bit n: context hook n runs here. */
	u32 context_hooks;
	/* RETIS_PROBE_STACK. */
	u32 flags;
	u32 reserved;
};

struct retis_context {
	/* Native program context, for helpers that need it. */
	void *native;
	const struct retis_probe *probe;
	/* Zero until asked for: use retis_timestamp(). */
	u64 timestamp;
	/* Kernel address of the skb, 0 when there is none. */
	u64 skb;
	/* Index of the probe in this run. */
	u32 probe_id;
	u32 flags;
	u32 type;
	u32 nargs;
};

/* Time of this hit, CLOCK_MONOTONIC nanoseconds; the same for all who ask. A hit that a filter rejects never reads the clock. */
static __always_inline u64 retis_timestamp(struct retis_context *ctx)
{
	if (!ctx->timestamp)
		ctx->timestamp = bpf_ktime_get_ns();
	return ctx->timestamp;
}

/* Position of the argument of a type slot, or -1. */
static __always_inline int retis_position(const struct retis_context *ctx, u8 slot)
{
	return ctx->probe->arg[slot & (RETIS_ARG_SLOTS - 1)];
}

/* Argument register `position` (0 when the probe has no such argument). */
static __always_inline u64 retis_register(const struct retis_event *event, int position)
{
	return position < 0 ? 0 : event->args[position & (RETIS_ARGS_MAX - 1)];
}

#endif
