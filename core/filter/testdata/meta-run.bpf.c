// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Entry program of tests that run meta filters on memory of their own: BPF_PROG_TEST_RUN with {image, probe} as args.
 * An image is what a probe hit leaves in struct retis_event, and the memory that its pointers lead to.
 */
#include <retis/context.h>
#include <retis/record.h>
#include <bpf/bpf_helpers.h>

#define IMAGES 64

struct image {
	/* Kernel address of `memory`, so that user space can write pointers to it. */
	u64 address;
	/* What ctx->skb is. */
	u64 skb;
	u8 memory[4096];
	struct retis_event event;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IMAGES);
	__type(key, u32);
	__type(value, struct image);
} images SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct retis_probe);
} probes SEC(".maps");

__weak __hidden __attribute__((noinline)) int retis_filter_meta(struct retis_context *ctx, struct retis_event *event)
{
	return ctx != NULL && event != NULL;
}

SEC("raw_tp")
int run_meta(struct bpf_raw_tracepoint_args *native)
{
	struct retis_context ctx = {};
	u32 image_key = native->args[0];
	u32 probe_key = native->args[1];
	struct image *image = bpf_map_lookup_elem(&images, &image_key);

	ctx.probe = bpf_map_lookup_elem(&probes, &probe_key);
	if (!image || !ctx.probe)
		return -1;
	image->address = (u64)image->memory;
	ctx.native = native;
	ctx.skb = image->skb;
	return retis_filter_meta(&ctx, &image->event) != 0;
}

char LICENSE[] SEC("license") = "GPL";
