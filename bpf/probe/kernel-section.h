/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Where in the kernel an event happened, and the stack; decoded by core/event/kernel.ts. */
#ifndef RETIS_KERNEL_SECTION_H
#define RETIS_KERNEL_SECTION_H

#include "core.h"

/* Frames of a stack trace (PERF_MAX_STACK_DEPTH). */
#define RETIS_FRAMES_MAX 127

/* Innermost frames that are left out: those of the tracing, where user space cannot know them by their addresses. */
const volatile u32 retis_own_frames = 0;

struct retis_kernel {
	/* Index of the probe in this run. */
	u32 probe;
	/* Frames in `stack`, innermost first. */
	u32 frames;
	/* Sent with each event: a stack map could be full or have collisions, and its stacks would outlive their events. */
	u64 stack[];
};

/* Bytes of the section without a stack. */
#define RETIS_ORIGIN_LENGTH sizeof(struct retis_kernel)

RETIS_SECTION(core, kernel, struct retis_kernel);

static __always_inline bool retis_kernel_with_stack(struct retis_context *ctx, struct retis_event *event)
{
	const u32 most = RETIS_FRAMES_MAX * sizeof(u64);
	struct retis_kernel *kernel = retis_section_with(core, kernel, struct retis_kernel, most);
	s64 bytes;

	if (!kernel)
		return false;
	kernel->probe = ctx->probe_id;
	bytes = bpf_get_stack(ctx->native, kernel->stack, most, retis_own_frames);
	if (bytes < 0) {
		retis_count_loss(ctx->probe_id, RETIS_LOSS_STACK, 1);
		bytes = 0;
	}
	kernel->frames = (u32)bytes / sizeof(u64);
	retis_section_used(kernel, most, kernel->frames * sizeof(u64));
	return true;
}

/* An event is wanted only if a hook adds something to it. */
#define RETIS_MAY_BE_BARE false

static __always_inline bool retis_origin_section(struct retis_context *ctx, struct retis_event *event, bool stack)
{
	struct retis_kernel *kernel;

	if (stack)
		return retis_kernel_with_stack(ctx, event);
	kernel = retis_section(core, kernel, struct retis_kernel);
	if (!kernel)
		return false;
	kernel->probe = ctx->probe_id;
	return true;
}

#endif
