// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* A packet is handed up to user space (tracepoint ovs_dp_upcall). */
#include "openvswitch.h"
#include "section.h"
#include "state.h"

RETIS_ARG(ovs, upcall_info);
RETIS_ARG(ovs, datapath);

RETIS_HOOK(ovs_upcall, RETIS_RAW)
{
	const struct dp_upcall_info *info = (void *)retis_arg(ovs, upcall_info);
	u32 zero = 0;
	struct ovs_upcall *upcall = bpf_map_lookup_elem(&ovs_upcalls, &zero);
	struct ovs_section *section;

	if (!upcall)
		return 0;
	/* Also when this packet does not pass: what is queued next is not what was handed up before. */
	upcall->stack = 0;
	if (!RETIS_ALL_FILTERS || !info)
		return 0;
	upcall->stack = retis_stack_key(event);
	upcall->packet = ctx->packet;
	upcall->timestamp = retis_timestamp(ctx);
	upcall->cpu = bpf_get_smp_processor_id();
	upcall->net = (u64)BPF_CORE_READ((const struct datapath *)retis_arg(ovs, datapath), net.net);
	upcall->queue_id = 0;
	section = ovs_append(event, OVS_UPCALL, PRESENT_CPU | PRESENT_CMD | PRESENT_PORT);
	if (!section)
		return 0;
	section->cmd = BPF_CORE_READ(info, cmd);
	section->value = BPF_CORE_READ(info, portid);
	section->upcall_cpu = upcall->cpu;
	return 0;
}
