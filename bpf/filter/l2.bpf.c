// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Slot of the packet filter for packets with an L2 header. */
#include <retis/filter.h>
#include <bpf/bpf_helpers.h>
#include "filter-slot.h"

__hidden __attribute__((noinline)) int retis_filter_l2(struct retis_filter_input *input)
{
	RETIS_FILTER_SLOT;
}

char LICENSE[] SEC("license") __attribute__((weak)) = "GPL";
