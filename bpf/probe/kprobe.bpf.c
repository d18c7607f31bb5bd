// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Entry programs of functions. A return probe consists of two, at entry and return, or of a session that runs at both: the
 * entry saves the arguments, the return looks them up and runs the chain with them and the return value.
 */
#include <retis/registers.h>
#include "chain.h"
#include "session.h"

/* How a hit learns which probe it is. */
enum retis_identify_by { RETIS_BY_COOKIE, RETIS_BY_ADDRESS };
const volatile enum retis_identify_by retis_identify = RETIS_BY_COOKIE;
/* This load serves return probes: the entry only saves its arguments. */
const volatile bool retis_saves_entry = false;

/* Probe index by the function's address, for kernels whose kprobes have no cookie (before 5.15). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* set to the number of probes */
	__type(key, u64);
	__type(value, u32);
} retis_addresses SEC(".maps");

/*
 * In-flight calls. A call is identified by where its return address is on the stack: nested and recursive calls differ in
 * it. Only functions that end in a tail call share the address. With cookies the probe distinguishes them; without, a
 * return does not know its function, but returns come innermost first, so each call has a level. A session keeps the
 * address until the return; otherwise it is computed again from the stack pointer.
 */
struct retis_call {
	u64 stack_pointer;
	u32 probe_or_level;
	u32 reserved;
};

struct retis_entry {
	u64 args[RETIS_REGISTER_ARGS];
	u32 probe_id;
	u32 reserved;
};

/* Calls at one stack address, on kernels without cookies. */
#define RETIS_LEVELS 4

/* Not an LRU: a call that does not fit must be counted, and must not evict another one silently. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* set when there are return probes */
	__type(key, struct retis_call);
	__type(value, struct retis_entry);
} retis_calls SEC(".maps");

/* What the trampoline adds to the stack pointer between entry and return, in bytes; detected at the first return. */
#define RETIS_SHIFT_UNKNOWN 0xffffffff
#define RETIS_SHIFT_STEP 8
#define RETIS_SHIFTS 3
volatile u32 retis_return_shift = RETIS_SHIFT_UNKNOWN;

#define RETIS_NO_PROBE 0xffffffff

static __always_inline u32 retis_identify_probe(struct retis_registers *regs)
{
	u64 address;
	u32 *id;

	if (retis_identify == RETIS_BY_COOKIE)
		return bpf_get_attach_cookie(regs);
	address = regs->ip - RETIS_IP_ADVANCE;
	id = bpf_map_lookup_elem(&retis_addresses, &address);
	return id ? *id : RETIS_NO_PROBE;
}

static __always_inline void retis_hit(struct retis_registers *regs, u32 id, u32 type, const struct retis_entry *entry)
{
	struct retis_context ctx = {};
	struct retis_event *event;

	ctx.native = regs;
	ctx.probe_id = id;
	ctx.type = type;
	ctx.nargs = RETIS_REGISTER_ARGS;
	ctx.probe = bpf_map_lookup_elem(&retis_probes, &id);
	if (!ctx.probe)
		return;
	if (retis_lifetime_only || !ctx.probe->hooks) {
		if (retis_tracking_set && type == RETIS_KPROBE)
			retis_track_lifetime(&ctx, retis_first_arg(regs), retis_second_arg(regs));
		return;
	}
	event = retis_take_scratch();
	if (!event) {
		retis_count_loss(id, RETIS_LOSS_NESTED, 1);
		return;
	}
#define RETIS_READ_ARG(n, name) event->args[n] = entry ? entry->args[n] : regs->name;
	RETIS_EACH_REGISTER_ARG(RETIS_READ_ARG)
#undef RETIS_READ_ARG
	event->args[RETIS_ARG_EXTENSION] = 0;
	event->args[RETIS_ARG_STACK] = (u64)regs;
	event->args[RETIS_ARG_CALLER] = 0;
	if (type == RETIS_KPROBE)
		retis_read_caller(&event->args[RETIS_ARG_CALLER], regs);
	event->args[RETIS_ARG_RETURN] = type == RETIS_KRETPROBE ? retis_returned(regs) : 0;
	retis_chain(&ctx, event);
	event->busy = 0;
}

/* Returns whether the return can find the entry. */
static __always_inline bool retis_save_entry(struct retis_registers *regs, u32 id)
{
	struct retis_call call = { .stack_pointer = regs->sp, .probe_or_level = id };
	struct retis_entry entry = { .probe_id = id };
	const struct retis_entry *known;
	int level;

#define RETIS_READ_ARG(n, name) entry.args[n] = regs->name;
	RETIS_EACH_REGISTER_ARG(RETIS_READ_ARG)
#undef RETIS_READ_ARG
	if (retis_identify == RETIS_BY_COOKIE) {
		known = bpf_map_lookup_elem(&retis_calls, &call);
	} else {
#pragma unroll
		for (level = 0; level < RETIS_LEVELS; level++) {
			call.probe_or_level = level;
			known = bpf_map_lookup_elem(&retis_calls, &call);
			if (!known || known->probe_id == id)
				break;
		}
	}
	/* A call of the same function at the same address must have ended: the kernel missed its return. */
	if (known)
		retis_count_loss(known->probe_id, RETIS_LOSS_RETURN, 1);
	if (bpf_map_update_elem(&retis_calls, &call, &entry, BPF_ANY) == 0)
		return true;
	retis_count_loss(id, RETIS_LOSS_RETURN, 1);
	return false;
}

SEC("kprobe")
int retis_kprobe(struct retis_registers *regs)
{
	u32 id;

	if (!retis_enabled && !retis_saves_entry)
		return 0;
	id = retis_identify_probe(regs);
	/* Also before we are enabled, as the call may return afterwards. */
	if (retis_saves_entry)
		retis_save_entry(regs, id);
	else
		retis_hit(regs, id, RETIS_KPROBE, NULL);
	return 0;
}

/* Takes the entry of a call at this stack address out of the map. */
static __always_inline bool retis_take_entry(u64 stack_pointer, u32 id, struct retis_entry *copy)
{
	struct retis_call call = { .stack_pointer = stack_pointer, .probe_or_level = id };
	const struct retis_entry *entry = NULL;
	int level;

	if (retis_identify == RETIS_BY_COOKIE) {
		entry = bpf_map_lookup_elem(&retis_calls, &call);
	} else {
#pragma unroll
		for (level = RETIS_LEVELS - 1; level >= 0; level--) {
			call.probe_or_level = level;
			entry = bpf_map_lookup_elem(&retis_calls, &call);
			if (entry)
				break;
		}
	}
	if (!entry)
		return false;
	__builtin_memcpy(copy, entry, sizeof(*copy));
	bpf_map_delete_elem(&retis_calls, &call);
	return true;
}

static __always_inline bool retis_find_entry(struct retis_registers *regs, u32 id, struct retis_entry *copy)
{
	u32 shift = retis_return_shift;
	int i;

	if (shift != RETIS_SHIFT_UNKNOWN)
		return retis_take_entry(regs->sp - shift, id, copy);
#pragma unroll
	for (i = 0; i < RETIS_SHIFTS; i++) {
		shift = i * RETIS_SHIFT_STEP;
		if (retis_take_entry(regs->sp - shift, id, copy)) {
			retis_return_shift = shift;
			return true;
		}
	}
	return false;
}

SEC("kretprobe")
int retis_kretprobe(struct retis_registers *regs)
{
	struct retis_entry entry;
	u32 id = 0;

	if (retis_identify == RETIS_BY_COOKIE)
		id = bpf_get_attach_cookie(regs);
	/* A call without an entry started before the entry was probed, or was counted there as lost. */
	if (retis_find_entry(regs, id, &entry) && retis_enabled)
		retis_hit(regs, entry.probe_id, RETIS_KRETPROBE, &entry);
	return 0;
}

__weak __hidden __attribute__((noinline)) int retis_session_is_return(struct retis_registers *regs)
{
	return regs == NULL;
}

__weak __hidden __attribute__((noinline)) u64 *retis_session_cookie(struct retis_registers *regs)
{
	return NULL;
}

/* Return value that makes the kernel skip the return of a session. */
#define RETIS_NO_RETURN 1

SEC("kprobe")
int retis_session(struct retis_registers *regs)
{
	u64 *stack_pointer = retis_session_cookie(regs);
	u32 id = bpf_get_attach_cookie(regs);
	struct retis_entry entry;

	if (!stack_pointer)
		return RETIS_NO_RETURN;
	if (!retis_session_is_return(regs)) {
		*stack_pointer = regs->sp;
		return retis_save_entry(regs, id) ? 0 : RETIS_NO_RETURN;
	}
	if (retis_take_entry(*stack_pointer, id, &entry) && retis_enabled)
		retis_hit(regs, id, RETIS_KRETPROBE, &entry);
	return 0;
}
