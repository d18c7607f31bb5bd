// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* The packet is on its way to user space, or was refused (return of ovs_dp_upcall). */
#include "openvswitch.h"
#include "section.h"
#include "state.h"

RETIS_HOOK(ovs_upcall_return, RETIS_ALL_FILTERS)
{
	struct ovs_upcall *upcall = ovs_current_upcall(event);
	struct ovs_section *section;

	if (!upcall)
		return 0;
	upcall->stack = 0;
	section = ovs_append(event, OVS_UPCALL_RETURN, PRESENT_UPCALL | PRESENT_RET);
	if (!section)
		return 0;
	section->ret = retis_return_value(event);
	section->upcall_ts = upcall->timestamp;
	section->upcall_cpu = upcall->cpu;
	return 0;
}
