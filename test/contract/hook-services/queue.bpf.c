// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* At a light probe: notes the skb for the next probe of this stack, and takes what the same thread causes for the first packet. */
#include "services.h"

RETIS_HOOK(services_queue, RETIS_RAW)
{
	u64 key = retis_stack_key(event);
	u64 skb = retis_skb_address(ctx, event);
	u32 zero = 0;
	struct services_packet *first = bpf_map_lookup_elem(&services_first, &zero);

	/* Nobody has copied the skb for us. */
	if (retis_skb(ctx, event))
		return 0;
	bpf_map_update_elem(&services_queued, &key, &skb, BPF_ANY);
	/* The reply over loopback is made in the thread that sent the request. */
	if (first && first->identity.timestamp && first->thread == bpf_get_current_pid_tgid())
		retis_adopt(ctx, skb, &first->identity);
	return 0;
}
