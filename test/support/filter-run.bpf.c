// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Entry program of tests that run packet filters on packets of their own: BPF_PROG_TEST_RUN with {packet, form} as args. */
#include <retis/filter.h>
#include <bpf/bpf_helpers.h>

struct filter_case {
	struct retis_filter_input input;
	/* The packet's own memory, which `input.data` is pointed at. */
	u8 packet[2048];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512);
	__type(key, u32);
	__type(value, struct filter_case);
} cases SEC(".maps");

__weak __hidden __attribute__((noinline)) int retis_filter_l2(struct retis_filter_input *input)
{
	return input != NULL;
}

__weak __hidden __attribute__((noinline)) int retis_filter_l3(struct retis_filter_input *input)
{
	return input != NULL;
}

SEC("raw_tp")
int run_filter(struct bpf_raw_tracepoint_args *ctx)
{
	u32 key = ctx->args[0];
	struct filter_case *filter_case = bpf_map_lookup_elem(&cases, &key);

	if (!filter_case)
		return -1;
	filter_case->input.data = (u64)filter_case->packet;
	if (ctx->args[1])
		return !!retis_filter_l3(&filter_case->input);
	return !!retis_filter_l2(&filter_case->input);
}

/* Struct of __sk_buff (include/uapi/linux/bpf.h) as far as needed here. */
struct __sk_buff {
	u32 len;
	u32 pkt_type;
	u32 mark;
};

/* The same for BPF_PROG_TEST_RUN with a repeat count, which returns the time of one run; the mark names the packet. */
SEC("tc")
int time_filter(struct __sk_buff *skb)
{
	u32 key = skb->mark;
	struct filter_case *filter_case = bpf_map_lookup_elem(&cases, &key);

	if (!filter_case)
		return -1;
	filter_case->input.data = (u64)filter_case->packet;
	return !!retis_filter_l2(&filter_case->input);
}

char LICENSE[] SEC("license") = "GPL";
