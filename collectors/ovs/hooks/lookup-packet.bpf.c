// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* The function that looks up flows is not given the packet: it is that of the caller. */
#include "state.h"

RETIS_CONTEXT_HOOK(ovs_lookup_packet)
{
	u32 zero = 0;
	struct ovs_lookup *lookup = bpf_map_lookup_elem(&ovs_lookups, &zero);

	if (!lookup || lookup->stack != retis_stack_key(event))
		return 0;
	ctx->skb = lookup->skb;
	lookup->stack = 0;
	return 0;
}
