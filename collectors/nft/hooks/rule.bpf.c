// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Reports the rule on kernels 6.4 and later: the rule is an argument, its chain must be found. */
#include "section.h"

/* How many rules are walked at most to find the end of a chain. */
#define NFT_MOST_RULES 8192

struct nft_walk {
	u64 rule;
	u64 last;
};

static int walk_rule(u32 index, struct nft_walk *walk)
{
	struct nft_rule_dp head = {};

	bpf_probe_read_kernel(&head, sizeof(head), (void *)walk->rule);
	if (BPF_CORE_READ_BITFIELD(&head, is_last)) {
		walk->last = walk->rule;
		return 1;
	}
	walk->rule += bpf_core_type_size(struct nft_rule_dp) + BPF_CORE_READ_BITFIELD(&head, dlen);
	return 0;
}

/* The rules of a chain are consecutive in memory; the mark after the last one points to the chain. */
static __always_inline const struct nft_chain *find_chain_by_end(const struct nft_rule_dp *rule)
{
	struct nft_walk walk = { .rule = (u64)rule };
	const struct nft_rule_dp_last *last;

	bpf_loop(NFT_MOST_RULES, walk_rule, &walk, 0);
	last = (void *)walk.last;
	return last ? BPF_CORE_READ(last, chain) : NULL;
}

static __always_inline bool is_in_blob(const struct nft_rule_blob *blob, u64 rule)
{
	u64 data = (u64)&blob->data;

	return blob && rule >= data && rule - data < BPF_CORE_READ(blob, size);
}

/* Most chains with rules are base chains, which the kernel passes: then there is no need to walk the rules. */
static __always_inline bool is_in_chain(const struct nft_chain *chain, const struct nft_rule_dp *rule)
{
	return is_in_blob(BPF_CORE_READ(chain, blob_gen_0), (u64)rule) ||
	       is_in_blob(BPF_CORE_READ(chain, blob_gen_1), (u64)rule);
}

RETIS_HOOK(nft, RETIS_RAW)
{
	const struct nft_rule_dp *rule = (void *)retis_arg(nft, rule);
	const struct nft_base_chain *given;
	const struct nft_chain *base_chain, *chain;

	/* skb.bpf.c did not set it: the verdict is not in --nft-verdicts. */
	if (!ctx->skb)
		return RETIS_DISCARD;
	if (!RETIS_ALL_FILTERS)
		return 0;
	given = nft_base_chain(ctx, event);
	base_chain = given ? &given->chain : NULL;
	/* The kernel sets it only if tracing was on when the packet entered the chain. */
	if (base_chain && !(BPF_CORE_READ_BITFIELD_PROBED(base_chain, flags) & NFT_CHAIN_BASE))
		base_chain = NULL;
	if (!rule && !base_chain)
		return RETIS_DISCARD;
	chain = !rule || (base_chain && is_in_chain(base_chain, rule)) ? base_chain : find_chain_by_end(rule);
	/* A packet does not leave the table of its base chain. */
	return nft_report(ctx, event, BPF_CORE_READ(chain ?: base_chain, table), chain, rule);
}
