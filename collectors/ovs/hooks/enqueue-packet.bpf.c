// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* A packet that is segmented is queued as several new ones: they are the packet that was handed up. */
#include "state.h"

RETIS_CONTEXT_HOOK(ovs_enqueue_packet)
{
	const struct ovs_upcall *upcall = ovs_current_upcall(event);

	if (upcall)
		ctx->packet = upcall->packet;
	return 0;
}
