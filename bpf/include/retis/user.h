/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * For hooks at user-space probes (`usdt:`, `uprobe:`): arguments by number, and memory of the process that hit the probe.
 * Such hooks are named in the plan's `at`; there is no packet at these probes, so their gate is mostly RETIS_RAW.
 *
 *	RETIS_HOOK(my, RETIS_RAW)
 *	{
 *		u64 address = retis_user_arg(ctx, event, 0);
 *		struct my_section *section = retis_section(my, my, struct my_section);
 *
 *		if (section)
 *			retis_read_user_string(section->name, sizeof(section->name), address);
 *		return 0;
 *	}
 */
#ifndef RETIS_USER_H
#define RETIS_USER_H

#include <retis/context.h>
#include <bpf/bpf_helpers.h>

/* Most arguments of a user-space probe. */
#define RETIS_USER_ARGS 12

static __always_inline bool retis_at_user_probe(const struct retis_context *ctx)
{
	return ctx->type == RETIS_USDT || ctx->type == RETIS_UPROBE;
}

/*
 * Whether argument `n`, from 0, could be read. A static probe has those that its program gives it. Elsewhere they are the
 * registers that hold arguments at a function's entry, 6 on x86-64 and 8 on arm64.
 */
static __always_inline bool retis_has_user_arg(const struct retis_context *ctx, const struct retis_event *event, u32 n)
{
	return retis_at_user_probe(ctx) && n < RETIS_USER_ARGS && (event->args[RETIS_ARG_VALID] >> n & 1);
}

/* Argument `n`, extended to 64 bits with or without its sign as the program says; 0 when it could not be read. */
static __always_inline u64 retis_user_arg(const struct retis_context *ctx, const struct retis_event *event, u32 n)
{
	return retis_has_user_arg(ctx, event, n) ? event->args[n & (RETIS_ARGS_MAX - 1)] : 0;
}

/* Copies memory of the process. 0, or negative when a part of it is not there (not in memory counts too: nothing may sleep). */
static __always_inline long retis_read_user(void *to, u32 size, u64 address)
{
	return bpf_probe_read_user(to, size, (const void *)address);
}

/* Copies a C string of the process, always terminated. Its bytes with the NUL, or negative. */
static __always_inline long retis_read_user_string(char *to, u32 size, u64 address)
{
	return bpf_probe_read_user_str(to, size, (const void *)address);
}

#endif
