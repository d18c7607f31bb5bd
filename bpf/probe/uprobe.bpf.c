// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Entry program of user-space probes. A link's cookie is the index of a place in a program, which says whose probe it is and
 * where its arguments are. There is no packet: no filter, no tracking, and only the hooks that name the probe.
 */
#define RETIS_USER_PROBES
#include <retis/registers.h>
#include <retis/user.h>
#include "chain.h"

/* Where an argument is. User space reads these enums and structs from the BTF of this object (core/probe/user-site.ts). */
enum retis_operand { RETIS_OPERAND_NONE, RETIS_OPERAND_CONSTANT, RETIS_OPERAND_REGISTER, RETIS_OPERAND_MEMORY };

/* More about an argument; with RETIS_RELATIVE its address moves with the program. */
enum retis_argument_flags {
	RETIS_SIGNED = 1,
	RETIS_HIGH_BYTE = 2,
	RETIS_INDEX_S32 = 4,
	RETIS_INDEX_U32 = 8,
	RETIS_RELATIVE = 16
};

/* All bits set, in place of a register. */
#define RETIS_NO_REGISTER 0xffff

struct retis_user_argument {
	/* The constant, or what is added to the address. */
	u64 value;
	/* Registers, as byte offsets in struct retis_registers; the index only of memory. */
	u16 base;
	u16 index;
	/* The index register counts times two to the power of this. */
	u8 index_shift;
	/* Bits of the 64 that are not the argument's. */
	u8 cut;
	u16 reserved;
	enum retis_operand operand;
	enum retis_argument_flags flags;
};

struct retis_user_site {
	u32 probe;
	u32 nargs;
	enum retis_probe_type type;
	u32 reserved;
	/* Of the probed instruction, in the program file. */
	u64 address;
	struct retis_user_argument args[RETIS_USER_ARGS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set to the number of places */
	__type(key, u32);
	__type(value, struct retis_user_site);
} retis_user_sites SEC(".maps");

/*
 * Like retis_take_scratch(): but the kernel may put this program aside for another one that wants a slot too, so that looking
 * and taking must be one.
 */
static __always_inline struct retis_event *retis_take_scratch_preemptible(void)
{
	struct retis_event *event;
	u32 i;

#pragma unroll
	for (i = 0; i < RETIS_NESTING; i++) {
		u32 key = i;

		event = bpf_map_lookup_elem(&retis_scratch, &key);
		if (event && __sync_lock_test_and_set(&event->busy, 1) == 0) {
			event->length = 0;
			event->overflows = 0;
			return event;
		}
	}
	return NULL;
}

static __always_inline bool retis_read_register(const struct retis_registers *regs, u64 offset, u64 *value)
{
	if (offset > sizeof(*regs) - sizeof(u64))
		return false;
	return bpf_probe_read_kernel(value, sizeof(*value), (const void *)regs + offset) == 0;
}

static __always_inline bool retis_read_memory(const struct retis_registers *regs, const struct retis_user_argument *arg,
					      u64 moved, u64 *value)
{
	u64 address = arg->value, part;

	if (arg->base != RETIS_NO_REGISTER) {
		if (!retis_read_register(regs, arg->base, &part))
			return false;
		address += part;
	}
	if (arg->index != RETIS_NO_REGISTER) {
		if (!retis_read_register(regs, arg->index, &part))
			return false;
		if (arg->flags & RETIS_INDEX_S32)
			part = (s64)(s32)part;
		else if (arg->flags & RETIS_INDEX_U32)
			part = (u32)part;
		address += part << (arg->index_shift & 63);
	}
	if (arg->flags & RETIS_RELATIVE)
		address += moved;
	/* No more bytes than the argument has: those after it may not exist. */
	*value = 0;
	return bpf_probe_read_user(value, 8 - (arg->cut >> 3 & 7), (const void *)address) == 0;
}

/* `moved`: how far from its addresses in the file the program lies. */
static __always_inline bool retis_read_argument(const struct retis_registers *regs,
						const struct retis_user_argument *arg, u64 moved, u64 *value)
{
	u32 cut = arg->cut & 63;
	u64 bits = 0;

	if (arg->operand == RETIS_OPERAND_CONSTANT)
		bits = arg->value;
	else if (arg->operand == RETIS_OPERAND_REGISTER) {
		if (!retis_read_register(regs, arg->base, &bits))
			return false;
		if (arg->flags & RETIS_HIGH_BYTE)
			bits >>= 8;
	} else if (arg->operand != RETIS_OPERAND_MEMORY || !retis_read_memory(regs, arg, moved, &bits)) {
		return false;
	}
	*value = arg->flags & RETIS_SIGNED ? (u64)((s64)(bits << cut) >> cut) : bits << cut >> cut;
	return true;
}

static __always_inline void retis_read_arguments(const struct retis_registers *regs, const struct retis_user_site *site,
						 struct retis_event *event)
{
	u64 moved = regs->ip - site->address;
	u64 valid = 0;
	u32 i;

	for (i = 0; i < RETIS_USER_ARGS; i++) {
		u64 value = 0;

		if (i < site->nargs && retis_read_argument(regs, &site->args[i], moved, &value))
			valid |= 1ull << i;
		event->args[i] = value;
	}
	event->args[RETIS_ARG_EXTENSION] = 0;
	event->args[RETIS_ARG_RETURN] = 0;
	/* The registers of a program lie on the kernel stack of its thread, which its system calls run on too. */
	event->args[RETIS_ARG_STACK] = (u64)regs;
	event->args[RETIS_ARG_VALID] = valid;
}

static __always_inline int retis_hit_user_site(struct retis_registers *regs)
{
	const struct retis_user_site *site;
	struct retis_context ctx = {};
	struct retis_event *event;
	u32 id;

	if (!retis_enabled)
		return 0;
	id = bpf_get_attach_cookie(regs);
	site = bpf_map_lookup_elem(&retis_user_sites, &id);
	if (!site)
		return 0;
	ctx.native = regs;
	ctx.probe_id = site->probe;
	ctx.type = site->type;
	ctx.nargs = site->nargs;
	ctx.probe = bpf_map_lookup_elem(&retis_probes, &ctx.probe_id);
	if (!ctx.probe)
		return 0;
	if (!retis_filter_set && !retis_meta_set)
		ctx.flags = RETIS_FILTERS;
	event = retis_take_scratch_preemptible();
	if (!event) {
		retis_count_loss(ctx.probe_id, RETIS_LOSS_NESTED, 1);
		return 0;
	}
	retis_timestamp(&ctx);
	retis_read_arguments(regs, site, event);
	retis_run_hooks(&ctx, event);
	/* After everything that this hit wrote. */
	asm volatile("" ::: "memory");
	event->busy = 0;
	return 0;
}

/* Attached to one place. */
SEC("kprobe")
int retis_uprobe(struct retis_registers *regs)
{
	return retis_hit_user_site(regs);
}

/* Attached to many places of a file with one link (Linux 6.6). */
SEC("kprobe")
int retis_uprobe_multi(struct retis_registers *regs)
{
	return retis_hit_user_site(regs);
}
