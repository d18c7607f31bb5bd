// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Entry program of raw tracepoints: one load for each number of arguments, or one for each tracepoint without cookies. */
#include "chain.h"

/* Arguments of the tracepoint; a program that reads more than it has cannot be attached. */
const volatile u32 retis_nargs = 0;
/* Whether links carry the probe's index (bpf_raw_tp_link.cookie, 6.10); otherwise this load serves `retis_probe_id`. */
const volatile bool retis_use_cookie = false;
const volatile u32 retis_probe_id = 0;

SEC("raw_tp")
int retis_raw_tracepoint(struct bpf_raw_tracepoint_args *native)
{
	struct retis_context ctx = {};
	struct retis_event *event;
	const u32 nargs = retis_nargs;
	u32 id = retis_probe_id;
	u64 none = 0;

	if (!retis_enabled)
		return 0;
	if (retis_use_cookie)
		id = bpf_get_attach_cookie(native);
	ctx.native = native;
	ctx.probe_id = id;
	ctx.type = RETIS_RAW_TRACEPOINT;
	ctx.nargs = nargs;
	ctx.probe = bpf_map_lookup_elem(&retis_probes, &id);
	if (!ctx.probe)
		return 0;
	if (retis_lifetime_only || !ctx.probe->hooks) {
		if (retis_tracking_set && retis_nargs > 0)
			retis_track_lifetime(&ctx, native->args[0], retis_nargs > 1 ? native->args[1] : 0);
		return 0;
	}
	event = retis_take_scratch();
	if (!event) {
		retis_count_loss(id, RETIS_LOSS_NESTED, 1);
		return 0;
	}
	/* In a register for all arguments that there are not. */
	asm volatile("" : "+r"(none));
#define RETIS_READ_ARG(n)                                                                                              \
	if (n < nargs)                                                                                                 \
		event->args[n] = native->args[n];                                                                      \
	else                                                                                                           \
		event->args[n] = none;
	/* clang-format off */
	RETIS_READ_ARG(0) RETIS_READ_ARG(1) RETIS_READ_ARG(2) RETIS_READ_ARG(3) RETIS_READ_ARG(4) RETIS_READ_ARG(5)
	RETIS_READ_ARG(6) RETIS_READ_ARG(7) RETIS_READ_ARG(8) RETIS_READ_ARG(9) RETIS_READ_ARG(10) RETIS_READ_ARG(11)
	event->args[RETIS_ARG_EXTENSION] = none;
	event->args[RETIS_ARG_RETURN] = none;
	/* clang-format on */
	event->args[RETIS_ARG_STACK] = (u64)native;
	event->args[RETIS_ARG_CALLER] = none;
	retis_chain(&ctx, event);
	event->busy = 0;
	return 0;
}
