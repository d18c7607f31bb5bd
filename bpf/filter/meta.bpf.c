// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Slot of the meta filter. */
#include <retis/context.h>
#include <retis/record.h>
#include <bpf/bpf_helpers.h>
#include "filter-slot.h"

__hidden __attribute__((noinline)) int retis_filter_meta(struct retis_context *ctx, struct retis_event *event)
{
	RETIS_FILTER_SLOT;
}

char LICENSE[] SEC("license") __attribute__((weak)) = "GPL";
