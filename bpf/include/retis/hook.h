/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Writing a hook: include this file, declare the section, define one RETIS_HOOK. See bpf/README.md.
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
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") __attribute__((weak)) = "GPL";

/* Return value of a hook that wants the whole event gone (ENOMSG). Any other value is ignored. */
#define RETIS_DISCARD (-42)

/* Gates: when does the body run? */
#define RETIS_ALL_FILTERS ((ctx->flags & RETIS_FILTERS) == RETIS_FILTERS)
#define RETIS_ANY_OF(mask) ((ctx->flags & (mask)) != 0)
/* For a packet that passes all filters, or on behalf of one where there is no skb (see retis_skb). */
#define RETIS_FILTERS_OR_STACK (RETIS_ALL_FILTERS || RETIS_ANY_OF(RETIS_STACK))
/* Always; the body must look at ctx->flags itself. */
#define RETIS_RAW 1
/* Whether a gate, as written, is closed when no flag is set. */
#define RETIS_GATED(gate)                                                                                              \
	(__builtin_strcmp(gate, "RETIS_ALL_FILTERS") == 0 || __builtin_strcmp(gate, "RETIS_FILTERS_OR_STACK") == 0 ||  \
	 __builtin_strncmp(gate, "RETIS_ANY_OF(", 13) == 0)

/*
 * Declarations may stand in a header that several hooks of a collector include: they are weak, so linking keeps one of
 * each.
 *
 * Declares that the collector sends `type` as the wire section `name`. User space finds the struct's layout in the BTF of
 * this variable and writes the owner id of this run into it before load.
 */
#define RETIS_SECTION(collector, name, type)                                                                           \
	const volatile struct retis_section_##collector##_##name {                                                     \
		u8 owner;                                                                                              \
		/* No room, but in BTF with all members: for a pointer clang would emit a mere declaration. */         \
		type layout[0];                                                                                        \
	} collector##__section_##name __weak SEC(".rodata") = {}

/* Declares that the hook reads the argument `name` of the collector's `args`. */
#define RETIS_ARG(collector, name) const volatile u8 collector##__arg_##name __weak SEC(".rodata") = RETIS_ARG_SLOTS - 1

/* Declares a constant that the collector's `setup` sets before load (`Plan.constants`). */
#define RETIS_CONST(collector, type, name, value)                                                                      \
	const volatile type collector##__const_##name __weak SEC(".rodata") = value

/* Value of a constant declared with RETIS_CONST. */
#define retis_const(collector, name) (collector##__const_##name)

/* Declares a cause of loss, which the collector's `losses` has a text for. */
#define RETIS_LOSS(collector, name) const volatile u32 collector##__loss_##name __weak SEC(".rodata") = ~0u

/* Counts one loss of a cause declared with RETIS_LOSS; it is shown and recorded like those of the engine. */
#define retis_lost(collector, name) retis_count_hook_loss(collector##__loss_##name)
int retis_count_hook_loss(u32 cause);

/* Appends the declared section, zeroed; NULL when the record is full (counted, the hook just goes without). */
#define retis_section(collector, name, type)                                                                           \
	((type *)retis_append(event, collector##__section_##name.owner, sizeof(type), sizeof(type)))

/*
 * Like retis_section() for a struct that ends in an array without a size, with room for `most` bytes of it. Say how many
 * were used with retis_section_used(); the array is not zeroed before.
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
 * The hook function. The slot name retis_hook_XX is given its number when the run is composed. Hidden, so that the
 * verifier sees a static function (5.10 refuses pointer arguments in global ones). `ctx` and `event` are at hand.
 */
#define RETIS_HOOK(name, gate)                                                                                         \
	/* Then the engine need not call it. */                                                                        \
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
	__hidden __attribute__((noinline)) int retis_ctxh_XX(struct retis_context *ctx, struct retis_event *event)

/*
 * A private copy of the skb of this hit, or NULL. Members are read directly (`skb->len`), relocated like any other
 * access, without a helper call. Pointers in it still need bpf_core_read(), e.g. BPF_CORE_READ(dev, ifindex).
 */
static __always_inline const struct sk_buff *retis_skb(const struct retis_context *ctx, const struct retis_event *event)
{
	return ctx->skb ? (const struct sk_buff *)event->skb : NULL;
}

/* Kernel address of the skb argument, at light probes too, where nobody has looked whether it can be read; 0 for none. */
static __always_inline u64 retis_skb_address(const struct retis_context *ctx, const struct retis_event *event)
{
	return retis_register(event, retis_position(ctx, RETIS_SLOT_SKB));
}

/* Bytes of a kernel stack; set by the engine in runs with a hook that uses it. */
extern const volatile u64 retis_stack_bytes;

/*
 * What the code that runs here has in common with what it was called by and will call: the base of the kernel stack.
 * Interrupts have stacks of their own. Meant as key of a map for what one probe knows and a later one needs; make it an
 * LRU, as the later probe may never be hit.
 */
static __always_inline u64 retis_stack_key(const struct retis_event *event)
{
	return event->args[RETIS_ARG_STACK] & ~(retis_stack_bytes - 1);
}

/*
 * The packet in the data area of the skb at this address is, from now on, the one that `packet` tells; for packets that leave
 * the kernel and come back as another skb. Nothing happens in runs that do not track packets. Returns whether it is known.
 */
int retis_adopt(struct retis_context *ctx, u64 skb, const struct retis_identity *packet);

#endif
