// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
#include "services.h"

RETIS_HOOK(services_xmit, RETIS_ALL_FILTERS)
{
	u64 key = retis_stack_key(event);
	u64 *queued = bpf_map_lookup_elem(&services_queued, &key);
	struct services_section *section = retis_section(services, services, struct services_section);
	u32 zero = 0;
	struct services_packet *first = bpf_map_lookup_elem(&services_first, &zero);

	retis_lost(services, counted);
	if (first && !first->identity.timestamp) {
		first->identity = ctx->packet;
		first->thread = bpf_get_current_pid_tgid();
	}
	if (!section)
		return 0;
	section->length = retis_arg(services, length);
	section->same_skb = queued && *queued == ctx->skb;
	section->is_copy = retis_skb(ctx, event) != NULL;
	return 0;
}
