// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Slot of the generated function that reads the fields of a probe; see bpf/fields/hook.bpf.c. */
#include <retis/context.h>
#include <retis/record.h>
#include <bpf/bpf_helpers.h>
#include "filter-slot.h"

struct retis_fields;

__hidden __attribute__((noinline)) int retis_hook_XX_fields(struct retis_context *ctx, struct retis_event *event,
							    struct retis_fields *section)
{
	RETIS_FILTER_SLOT;
}

char LICENSE[] SEC("license") __attribute__((weak)) = "GPL";
