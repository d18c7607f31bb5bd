// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Reports which packet an event is about. The engine tracks packets (bpf/probe/tracking.h); this hook sends the identity. */
#include <retis/hook.h>

struct skb_tracking_section {
	/* Address of the data area when the packet was first seen. */
	u64 orig_head;
	/* When that was. */
	u64 timestamp;
	/* The skb of this event: it differs between clones. */
	u64 skb;
};

RETIS_SECTION(skb_tracking, skb_tracking, struct skb_tracking_section);

RETIS_HOOK(skb_tracking, RETIS_FILTERS_OR_STACK)
{
	struct skb_tracking_section *section;

	/* A packet that is not tracked yet has none where its data may have been freed. */
	if (!ctx->packet.timestamp)
		return 0;
	section = retis_section(skb_tracking, skb_tracking, struct skb_tracking_section);
	if (!section)
		return 0;
	section->orig_head = ctx->packet.head;
	section->timestamp = ctx->packet.timestamp;
	section->skb = ctx->packet.skb;
	return 0;
}
