/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What the hooks of this collector share: declarations and maps, which are weak so that each hook may include them. */
#ifndef SERVICES_H
#define SERVICES_H

#include <retis/hook.h>

struct services_section {
	u64 length;
	u8 same_skb;
	u8 is_copy;
	u8 reserved[6];
};

RETIS_SECTION(services, services, struct services_section);
RETIS_ARG(services, length);
RETIS_LOSS(services, counted);

/* The skb that the code on a stack queued last. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* sized by the plan */
	__type(key, u64);
	__type(value, u64);
} services_queued __weak SEC(".maps");

/* The first packet that passed the filter, and the thread that sent it. */
struct services_packet {
	struct retis_identity identity;
	u64 thread;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct services_packet);
} services_first __weak SEC(".maps");

#endif
