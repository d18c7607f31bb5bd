// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Finds the skb where a function of nf_tables has it in a struct nft_pktinfo. At __nft_trace_packet() only for verdicts in
 * --nft-verdicts: without an skb no other hook does anything there.
 */
#include "nf-tables.h"

RETIS_ARG(nft, info);
RETIS_ARG(nft, packet);
RETIS_ARG(nft, verdict);
RETIS_ARG(nft, rule);
RETIS_ARG(nft, chain);
RETIS_ARG(nft, type);
/* --nft-verdicts: bit n is code n + NFT_RETURN. */
RETIS_CONST(nft, u32, verdicts, 0);

static __always_inline bool is_wanted(const struct retis_context *ctx, const struct retis_event *event)
{
	s32 code = nft_bare_code(nft_code(ctx, event));

	return code >= NFT_RETURN && code <= NF_REPEAT && (retis_const(nft, verdicts) >> (code - NFT_RETURN) & 1);
}

RETIS_CONTEXT_HOOK(nft)
{
	const struct nft_pktinfo *packet;

	if (ctx->skb)
		return 0;
	packet = nft_packet(ctx, event);
	/* Only __nft_trace_packet() has an argument of this type. */
	if (packet && (!retis_has_arg(nft, type) || is_wanted(ctx, event)))
		ctx->skb = (u64)BPF_CORE_READ(packet, skb);
	return 0;
}
