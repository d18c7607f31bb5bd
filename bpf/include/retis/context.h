/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* The probe hit that a hook runs in. */
#ifndef RETIS_CONTEXT_H
#define RETIS_CONTEXT_H

#include <retis/kernel.h>
#include <retis/record.h>

/*
 * Flags, positions and sizes that user space needs are enums, and members and variables have these enums as their type:
 * user space reads the values by name from the BTF of the programs (core/probe/program-types.ts) and has no copy of them.
 */

/* Entries of retis_probe.arg: argument types of one run, over all collectors. The last entry is never used. */
#define RETIS_ARG_SLOTS 32
/* Slots of `struct sk_buff *` and `struct sock *`, which the engine resolves for every probe. */
#define RETIS_SLOT_SKB 0
#define RETIS_SLOT_SOCK 1

/* Positions in retis_event.args after the arguments of the probed function or tracepoint. */
enum retis_arg_position {
	/* Arguments that are read at most; a function has fewer, see RETIS_REGISTER_ARGS. */
	RETIS_TRACEPOINT_ARGS = 12,
	/* 0; a context hook may put an skb here that is not a direct argument. */
	RETIS_ARG_EXTENSION = 12,
	/* Return value at a return probe, else 0. */
	RETIS_ARG_RETURN = 13,
	/* An address on the stack that the probe was hit on. */
	RETIS_ARG_STACK = 14,
	/* Of a user-space probe: which of its arguments could be read, a bit for each. */
	RETIS_ARG_VALID = 15,
	/* At the entry of a kernel function: where it returns to. Elsewhere in the kernel 0. */
	RETIS_ARG_CALLER = 15,
};

enum retis_probe_type {
	RETIS_KPROBE = 0,
	RETIS_KRETPROBE = 1,
	RETIS_RAW_TRACEPOINT = 2,
	RETIS_USDT = 3,
	RETIS_UPROBE = 4,
};

/* Filter results (flags of the context). */
enum retis_filter_flags {
	/* The packet filter passed. */
	RETIS_PACKET = 1,
	/* The meta filter passed. */
	RETIS_META = 2,
	/* No skb here, but the current stack works on a tracked one. */
	RETIS_STACK = 4,
	/* The run has neither filter: everything passes that is a packet. */
	RETIS_NO_FILTER = 8,
	/* The skb is a message of a netlink or unix socket; passes only a meta filter. */
	RETIS_NO_PACKET = 16,
};
#define RETIS_FILTERS (RETIS_PACKET | RETIS_META)

/* What to do at a probe, and what its function or tracepoint does to the skb (core/probe/skb-lifetime.ts). */
enum retis_probe_flags {
	/* Report a stack trace with each event. */
	RETIS_PROBE_STACK = 1,
	/* It frees the skb's data area, ... */
	RETIS_PROBE_FREES = 2,
	/* ... but only if its second argument is true, */
	RETIS_PROBE_FREES_IF = 4,
	/* ... but only if no clone refers to it. */
	RETIS_PROBE_FREES_LAST = 8,
	/* It replaces the data area. */
	RETIS_PROBE_REPLACES = 16,
	/* The skb may have been freed already: a packet that is not tracked yet is not tracked from here. */
	RETIS_PROBE_SKB_FREED = 32,
	/* No later probe of this run can see the packet: not worth an entry in the tracking table. */
	RETIS_PROBE_LAST = 64,
	/* It frees memory of any kind, at its second argument, which may be a data area. */
	RETIS_PROBE_FREES_MEMORY = 128,
	/* Only the hooks that name this probe run here; no skb is copied, filtered or looked up. */
	RETIS_PROBE_LIGHT = 256,
	/* An event is wanted even if no hook adds anything to it; only of user-space probes. */
	RETIS_PROBE_BARE = 512,
};
#define RETIS_PROBE_LIFETIME (RETIS_PROBE_FREES | RETIS_PROBE_REPLACES)

/* Configuration of one probe, written by user space before anything is attached. */
struct retis_probe {
	/* Position of the first argument of each type slot, or -1. */
	s8 arg[RETIS_ARG_SLOTS];
	/* Bit n: hook n runs here. */
	u32 hooks;
	/* Bit n: context hook n runs here. */
	u32 context_hooks;
	enum retis_probe_flags flags;
	/* Of the plan that named the probe (`PlannedProbe.value`), or 0. */
	u32 value;
};

/* Identity of a packet, the same for clones, after header changes and when its data area was replaced. */
struct retis_identity {
	/* When it was first seen, CLOCK_MONOTONIC nanoseconds; 0 if packets are not tracked, or this one is not. */
	u64 timestamp;
	/* Address of its data area at that time. */
	u64 head;
	/* The skb of this hit; without one, the skb that the code on this stack last worked on. */
	u64 skb;
};

struct retis_context {
	/* Native program context, for helpers that need it. */
	void *native;
	const struct retis_probe *probe;
	/* 0 before the first call of retis_timestamp(): use that. */
	u64 timestamp;
	/* Kernel address of the skb, 0 if there is none. */
	u64 skb;
	/* Identity of the packet, in runs that track packets (`tracking` of a collector's plan). */
	struct retis_identity packet;
	/* Index of the probe in this run. */
	u32 probe_id;
	u32 flags;
	u32 type;
	/* Arguments in retis_event.args, from 0 on. */
	u32 nargs;
};

/* Time of this hit, CLOCK_MONOTONIC nanoseconds, the same for all callers. Hits that a filter rejects never read the clock. */
static __always_inline u64 retis_timestamp(struct retis_context *ctx)
{
	if (!ctx->timestamp)
		ctx->timestamp = bpf_ktime_get_ns();
	return ctx->timestamp;
}

/* The number that the collector's plan gives this probe (`probes: [{ probe, value }]`), 0 for none. */
static __always_inline u32 retis_probe_value(const struct retis_context *ctx)
{
	return ctx->probe->value;
}

/* Position of the argument of a type slot, or -1. */
static __always_inline int retis_position(const struct retis_context *ctx, u8 slot)
{
	return ctx->probe->arg[slot & (RETIS_ARG_SLOTS - 1)];
}

/* Return value of the function at a return probe, 0 elsewhere. Types narrower than u64 leave the upper bits undefined. */
static __always_inline u64 retis_return_value(const struct retis_event *event)
{
	return event->args[RETIS_ARG_RETURN];
}

/* Argument register `position` (0 when the probe has no such argument). */
static __always_inline u64 retis_register(const struct retis_event *event, int position)
{
	return position < 0 ? 0 : event->args[position & (RETIS_ARGS_MAX - 1)];
}

#endif
