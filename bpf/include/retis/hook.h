/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Include this file to write a hook, declare its section, define one RETIS_HOOK. Reference: bpf/README.md.
 *
 *	struct my_section { u32 mark; };
 *	RETIS_SECTION(my, my, struct my_section);
 *
 *	RETIS_HOOK(my, RETIS_ALL_FILTERS)
 *	{
 *		const struct sk_buff *skb = retis_skb(ctx, event);
 *		struct my_section *section;
 *
 *		if (!skb || !(section = retis_section(my, my, struct my_section)))
 *			return 0;
 *		section->mark = skb->priority;
 *		return 0;
 *	}
 */
#ifndef RETIS_HOOK_H
#define RETIS_HOOK_H

#include <retis/kernel.h>
#include <retis/record.h>
#include <retis/context.h>
#include <retis/abi.h>
#include <retis/read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") __attribute__((weak)) = "GPL";

/* Return value of a hook that drops the whole event (-ENOMSG). Any other value is ignored. */
#define RETIS_DISCARD (-42)

/* Gates: when the body of a hook runs. */
#define RETIS_ALL_FILTERS ((ctx->flags & RETIS_FILTERS) == RETIS_FILTERS)
#define RETIS_ANY_OF(mask) ((ctx->flags & (mask)) != 0)
/* For a packet that passes all filters, or on behalf of one where there is no skb (see retis_skb). */
#define RETIS_FILTERS_OR_STACK (RETIS_ALL_FILTERS || RETIS_ANY_OF(RETIS_STACK))
/* Always; the body must check ctx->flags itself. */
#define RETIS_RAW 1
/* Whether a gate, as written, is closed when no flag is set. */
#define RETIS_GATED(gate)                                                                                              \
	(__builtin_strcmp(gate, "RETIS_ALL_FILTERS") == 0 || __builtin_strcmp(gate, "RETIS_FILTERS_OR_STACK") == 0 ||  \
	 __builtin_strncmp(gate, "RETIS_ANY_OF(", 13) == 0)

/*
 * Declarations may be in a header that several hooks of a collector include: they are weak, so linking keeps one of each.
 *
 * Declares that the collector sends `type` as the wire section `name`. User space finds the struct's layout in the BTF of
 * this variable and writes the owner id of this run into it before load.
 */
#define RETIS_SECTION(collector, name, type)                                                                           \
	const volatile struct retis_section_##collector##_##name {                                                     \
		u8 owner;                                                                                              \
		/* Takes no space, but is in BTF with all members; for a pointer clang emits only a declaration. */    \
		type layout[0];                                                                                        \
	} collector##__section_##name __weak SEC(".rodata") = {}

/* Declares that the hook reads the argument `name` of the collector's `args`. */
#define RETIS_ARG(collector, name) const volatile u8 collector##__arg_##name __weak SEC(".rodata") = RETIS_ARG_SLOTS - 1

/* Declares a constant that the collector's `setup` sets before load (`Plan.constants`). An enum takes names of its values. */
#define RETIS_CONST(collector, type, name, value)                                                                      \
	const volatile type collector##__const_##name __weak SEC(".rodata") = value

/* Value of a constant declared with RETIS_CONST. */
#define retis_const(collector, name) (collector##__const_##name)

/* Declares a cause of loss; the collector's `losses` has its text. */
#define RETIS_LOSS(collector, name) const volatile u32 collector##__loss_##name __weak SEC(".rodata") = ~0u

/* Counts one loss of a cause declared with RETIS_LOSS; it is shown and recorded like the losses of the engine. */
#define retis_lost(collector, name) retis_count_hook_loss(collector##__loss_##name)
int retis_count_hook_loss(u32 cause);

/* Appends the declared section, zeroed; NULL when the record is full: the loss is counted, carry on without. */
#define retis_section(collector, name, type)                                                                           \
	((type *)retis_append(event, collector##__section_##name.owner, sizeof(type), sizeof(type)))

/*
 * Like retis_section(), for a struct that ends in a flexible array member, with `most` bytes of that array. They are not
 * zeroed. Call retis_section_used() with the number of bytes used before anything else is appended.
 */
#define retis_section_with(collector, name, type, most)                                                                \
	((type *)retis_append(event, collector##__section_##name.owner, sizeof(type) + (most), sizeof(type)))
#define retis_section_used(section, most, used)                                                                        \
	retis_shorten(event, section, sizeof(*(section)) + (most), sizeof(*(section)) + (used))

/* Whether this probe has the declared argument. */
#define retis_has_arg(collector, name) (retis_position(ctx, collector##__arg_##name) >= 0)

/* The declared argument as an integer; 0 when this probe lacks it. */
#define retis_arg(collector, name) retis_register(event, retis_position(ctx, collector##__arg_##name))

/*
 * Defines the hook function with the parameters `ctx` and `event`. User space replaces XX by the number of a slot before
 * linking. Hidden, so that the verifier sees a static function (5.10 refuses pointer arguments in global ones).
 */
#define RETIS_HOOK(name, gate)                                                                                         \
	RETIS_DECLARE_ABI(retis_hook_XX);                                                                              \
	/* Tells the engine whether it can skip the call when no filter passed. */                                     \
	const volatile bool retis_hook_XX_gated SEC(".rodata") = RETIS_GATED(#gate);                                   \
	static __always_inline int retis_body_##name(struct retis_context *ctx, struct retis_event *event);            \
	__hidden __attribute__((noinline)) int retis_hook_XX(struct retis_context *ctx, struct retis_event *event)     \
	{                                                                                                              \
		if (!(gate))                                                                                           \
			return 0;                                                                                      \
		return retis_body_##name(ctx, event);                                                                  \
	}                                                                                                              \
	static __always_inline int retis_body_##name(struct retis_context *ctx, struct retis_event *event)

/*
 * A context hook: runs before the filters; may set ctx->skb to an skb that is not a direct argument, and ctx->packet to the
 * identity of a packet that this hit is about.
 */
#define RETIS_CONTEXT_HOOK(name)                                                                                       \
	RETIS_DECLARE_ABI(retis_ctxh_XX);                                                                              \
	__hidden __attribute__((noinline)) int retis_ctxh_XX(struct retis_context *ctx, struct retis_event *event)

/* Fills event->skb; without success, this is a hit without an skb. Returns whether there is one. */
int retis_copy_skb(struct retis_context *ctx, struct retis_event *event);

/*
 * A private copy of the skb of this hit, or NULL. Read members directly (`skb->len`): relocated like any other access,
 * without a helper call. Read through pointers in it with RETIS_POINTER() and RETIS_READ(). The first call makes the copy.
 */
static __always_inline const struct sk_buff *retis_skb(struct retis_context *ctx, struct retis_event *event)
{
	if (!ctx->skb || (!event->skb_copied && !retis_copy_skb(ctx, event)))
		return NULL;
	return (const struct sk_buff *)event->skb;
}

/*
 * Like retis_skb(), with fewer members, but without the time that a copy takes: dev, sk, _nfct, len, data_len, mac_len, skb_iif,
 * protocol, vlan_proto, vlan_tci, transport_header, network_header, mac_header, head and data. Others are not filled in.
 */
static __always_inline const struct sk_buff *retis_skb_basics(const struct retis_context *ctx,
							      const struct retis_event *event)
{
	return ctx->skb ? (const struct sk_buff *)event->skb : NULL;
}

/* Kernel address of the skb argument, 0 for none; at light probes too, where nothing has checked that it is readable. */
static __always_inline u64 retis_skb_address(const struct retis_context *ctx, const struct retis_event *event)
{
	return retis_register(event, retis_position(ctx, RETIS_SLOT_SKB));
}

/* Bytes of a kernel stack; the engine sets it in runs with a hook that uses it. */
extern const volatile u64 retis_stack_bytes;

/*
 * Base of the kernel stack that this hit runs on, the same for callers and callees; interrupts have stacks of their own.
 * Use it as the key of a map that hands values from one probe to a later one. Make the map an LRU: the later probe may
 * never be hit.
 */
static __always_inline u64 retis_stack_key(const struct retis_event *event)
{
	return event->args[RETIS_ARG_STACK] & ~(retis_stack_bytes - 1);
}

/*
 * From now on the packet in the data area of the skb at this address has the identity `packet`. For packets that leave the
 * kernel and come back as another skb. Does nothing in runs that do not track packets. Returns whether it is tracked.
 */
int retis_adopt(struct retis_context *ctx, u64 skb, const struct retis_identity *packet);

#endif
