// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Counts drops by the length of the packet, for user space to read; ignores lengths that user space names. */
#include <retis/hook.h>

struct drop_count_key {
	u32 length;
	u16 zero;
	u8 tag[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct drop_count_key);
	__type(value, u64);
} drop_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u32);
} drop_ignored SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u64);
} drop_totals SEC(".maps");

struct drop_count_section {
	u32 length;
};

RETIS_SECTION(drop_count, seen, struct drop_count_section);

RETIS_HOOK(drop_count, RETIS_ALL_FILTERS)
{
	const struct sk_buff *skb = (void *)ctx->skb;
	struct drop_count_key key = { .tag = { 7, 8 } };
	struct drop_count_section *section;
	u32 zero = 0;
	u64 one = 1, *count;

	if (!skb)
		return 0;
	key.length = BPF_CORE_READ(skb, len);
	if (bpf_map_lookup_elem(&drop_ignored, &key.length))
		return 0;
	count = bpf_map_lookup_elem(&drop_totals, &zero);
	if (count)
		*count += 1;
	count = bpf_map_lookup_elem(&drop_counts, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&drop_counts, &key, &one, BPF_NOEXIST);
	section = retis_section(drop_count, seen, struct drop_count_section);
	if (section)
		section->length = key.length;
	return 0;
}
