// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* A packet, or a segment of one, was queued for user space, or could not be (return of queue_userspace_packet). */
#include "openvswitch.h"
#include "section.h"
#include "state.h"

RETIS_ARG(ovs, upcall_info);

RETIS_HOOK(ovs_enqueue, RETIS_ALL_FILTERS)
{
	const struct dp_upcall_info *info = (void *)retis_arg(ovs, upcall_info);
	struct ovs_upcall *upcall = ovs_current_upcall(event);
	struct ovs_section *section;

	if (!upcall || !info)
		return 0;
	section = ovs_append(event, OVS_UPCALL_ENQUEUE,
			     PRESENT_UPCALL | PRESENT_RET | PRESENT_CMD | PRESENT_PORT | PRESENT_QUEUE_ID);
	if (!section)
		return 0;
	section->ret = retis_return_value(event);
	section->cmd = BPF_CORE_READ(info, cmd);
	section->value = BPF_CORE_READ(info, portid);
	section->upcall_ts = upcall->timestamp;
	section->upcall_cpu = upcall->cpu;
	section->queue_id = upcall->queue_id;
	/* The next segment may fail before it gets one. */
	upcall->queue_id = 0;
	return 0;
}
