// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* What user space requested is done (return of ovs_packet_cmd_execute). Light: the packet is gone. */
#include "state.h"

RETIS_HOOK(ovs_command_return, RETIS_RAW)
{
	u64 key = retis_stack_key(event);

	bpf_map_delete_elem(&ovs_commands, &key);
	return 0;
}
