// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* A packet enters the datapath, or is recirculated (ovs_dp_process_packet): its flow will be looked up. Light. */
#include "state.h"

RETIS_HOOK(ovs_process, RETIS_RAW)
{
	u32 zero = 0;
	struct ovs_lookup *lookup = bpf_map_lookup_elem(&ovs_lookups, &zero);

	if (!lookup)
		return 0;
	lookup->stack = retis_stack_key(event);
	lookup->skb = retis_skb_address(ctx, event);
	return 0;
}
