// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* A packet's flow was looked up (return of ovs_flow_tbl_lookup_stats): found, or not. */
#include "openvswitch.h"
#include "section.h"

RETIS_ARG(ovs, n_mask_hit);
RETIS_ARG(ovs, n_cache_hit);

RETIS_HOOK(ovs_lookup, RETIS_ALL_FILTERS)
{
	const struct sw_flow *flow = (void *)retis_return_value(event);
	struct ovs_section *section;

	/* User space's own look-ups have no packet. */
	if (!ctx->skb)
		return 0;
	section = ovs_append(event, OVS_FLOW_LOOKUP, PRESENT_LOOKUP);
	if (!section)
		return 0;
	bpf_probe_read_kernel(&section->n_mask_hit, sizeof(section->n_mask_hit), (void *)retis_arg(ovs, n_mask_hit));
	bpf_probe_read_kernel(&section->n_cache_hit, sizeof(section->n_cache_hit), (void *)retis_arg(ovs, n_cache_hit));
	if (!flow)
		return 0;
	section->upcall_ts = (u64)flow;
	section->sf_acts = (u64)BPF_CORE_READ(flow, sf_acts);
	if (BPF_CORE_READ(flow, id.ufid_len))
		BPF_CORE_READ_INTO(&section->ufid, flow, id.ufid);
	return 0;
}
