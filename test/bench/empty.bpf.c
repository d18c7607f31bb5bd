// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* A program that does nothing: what the kernel counts for it is the cost of counting. */
#include <retis/kernel.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp")
int empty(struct bpf_raw_tracepoint_args *context)
{
	return context == NULL;
}
