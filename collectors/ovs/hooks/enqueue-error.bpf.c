// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* User space did not get the packet after all (return of queue_userspace_packet): the next one with its id is another one. */
#include "state.h"

RETIS_HOOK(ovs_enqueue_error, RETIS_RAW)
{
	const struct ovs_upcall *upcall = ovs_current_upcall(event);
	struct ovs_queued *queued;
	struct ovs_row *row;

	if (!upcall || !upcall->queue_id || (s32)retis_return_value(event) >= 0)
		return 0;
	row = ovs_row_of(upcall->queue_id);
	if (!row)
		return 0;
	queued = &row->packets[upcall->place % OVS_ROW];
	if (queued->id == upcall->queue_id)
		queued->timestamp = 0;
	return 0;
}
